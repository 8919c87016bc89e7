package org.datar.edge.demo.files

import org.datar.edge.Tag
import org.datar.edge.WindowScores

/**
 * A part of a recording and what it holds.
 *
 * @property startS its start
 * @property endS its end
 * @property tags the best first, with their mean scores; empty for silence
 */
data class Segment(val startS: Double, val endS: Double, val tags: List<Tag>)

/**
 * Joins neighbouring windows with the same best label, as `datar-edge tag` does.
 *
 * Segments do not overlap: where windows do, a segment ends and the next begins in the middle of what
 * the two windows share.
 */
class Segments(private val labels: List<String>, private val tagCount: Int = 3) {
    private val windows = ArrayList<WindowScores>()
    private var startS = 0.0

    /** Takes the next window, and gives the segment that ends with it, if one does. */
    fun push(window: WindowScores): Segment? {
        val last = windows.lastOrNull()
        val goesOn = last != null && best(last) == best(window) && window.startS <= last.endS
        val ended = if (last == null || goesOn) null else segment(changeS(last, window).first)
        if (!goesOn) {
            windows.clear()
            startS = if (last == null) window.startS else changeS(last, window).second
        }
        windows += window
        return ended
    }

    /** The last segment, where the sound ends; null if there was no sound. */
    fun finish(): Segment? = windows.lastOrNull()?.let { segment(it.endS) }

    private fun segment(endS: Double): Segment {
        val scores = windows.mapNotNull(WindowScores::scores)
        if (scores.isEmpty()) return Segment(startS, endS, emptyList())
        val means = labels.indices.map { label -> scores.map { it[label] }.average().toFloat() }
        val order = labels.indices.sortedByDescending(means::get).take(tagCount)
        return Segment(startS, endS, order.map { Tag(labels[it], means[it]) })
    }

    private fun best(window: WindowScores): Int? =
        window.scores?.let { scores -> scores.indices.maxByOrNull(scores::get) }

    private fun changeS(earlier: WindowScores, later: WindowScores): Pair<Double, Double> {
        if (later.startS >= earlier.endS) return earlier.endS to later.startS
        val middle = (earlier.endS + later.startS) / 2.0
        return middle to middle
    }
}
