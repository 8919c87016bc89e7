package org.datar.edge

import kotlin.math.expm1

/**
 * Where a window lies.
 *
 * @property elapsedS seconds from the start of the window before to the start of this.
 * @property beforeUntilS until when the scores of the window before hold.
 * @property sinceS since when the scores of this one hold.
 * @property knownS until when they hold at least: the middle of the window.
 * @property heardS end of the window's sound.
 */
internal class Moment(
    val elapsedS: Double,
    val beforeUntilS: Double,
    val sinceS: Double,
    val knownS: Double,
    val heardS: Double,
)

/** Takes what becomes known of one label's events. */
internal interface LabelSink {
    fun onStart(startS: Double, score: Double)

    fun onEnd(startS: Double, endS: Double, maxScore: Double)
}

/** Follows one label through its scores. */
internal class LabelEvents(private val sink: LabelSink) {
    /** The label is heard, be it an event or not yet. */
    private class Run(val begunS: Double, var maxScore: Double) {
        var confirmed = false
        var belowSinceS: Double? = null
        var toldStartS: Double? = null
    }

    /** No event starts before: the sound's beginning, or the last event's end and its cool-down. */
    private var earliestS = 0.0
    private var average: Double? = null
    private var run: Run? = null

    /** There is sound from then on. */
    fun begin(startS: Double) {
        earliestS = maxOf(earliestS, startS)
    }

    /** Takes the next window's score. */
    fun update(score: Double, at: Moment, config: EventConfig) {
        val smoothed = smooth(score, at.elapsedS, config.smoothingS)
        val heard = run ?: begun(smoothed, at, config) ?: return
        run = heard
        heard.maxScore = maxOf(heard.maxScore, smoothed)
        if (!heard.confirmed && !confirm(heard, smoothed, at, config)) return
        heard.belowSinceS = if (smoothed >= config.stopBelow) null else heard.belowSinceS ?: at.beforeUntilS
        tellStart(heard, at.knownS, config)
        if (isOver(heard, at, config)) close(heard, at.heardS, config)
    }

    /**
     * The sound ends; what follows is fresh.
     *
     * @param heardS end of the sound.
     * @param scoredS end of the last window, the zeros that fill it included.
     */
    fun finish(heardS: Double, scoredS: Double, config: EventConfig) {
        average = null
        val heard = run ?: return
        heard.confirmed = heard.confirmed || lasts(scoredS - heard.begunS, config.confirmationS)
        if (heard.confirmed) tellStart(heard, heardS, config)
        close(heard, heardS, config)
    }

    private fun smooth(score: Double, elapsedS: Double, timeConstantS: Double): Double {
        val before = average
        val now = if (before == null || timeConstantS == 0.0) score
        else before - expm1(-elapsedS / timeConstantS) * (score - before)
        average = now
        return now
    }

    private fun begun(smoothed: Double, at: Moment, config: EventConfig): Run? =
        if (smoothed < config.startThreshold || at.knownS < earliestS) null
        else Run(maxOf(at.sinceS, earliestS), smoothed)

    private fun confirm(heard: Run, smoothed: Double, at: Moment, config: EventConfig): Boolean {
        val goesOn = smoothed >= config.startThreshold
        val untilS = if (goesOn) at.knownS else at.beforeUntilS
        heard.confirmed = lasts(untilS - heard.begunS, config.confirmationS)
        if (!heard.confirmed && !goesOn) run = null
        return heard.confirmed
    }

    private fun tellStart(heard: Run, knownS: Double, config: EventConfig) {
        val untilS = heard.belowSinceS ?: knownS
        if (heard.toldStartS != null || !lasts(untilS - heard.begunS, config.minDurationS)) return
        val startS = maxOf(heard.begunS - config.marginBeforeS, earliestS)
        heard.toldStartS = startS
        sink.onStart(startS, heard.maxScore)
    }

    private fun isOver(heard: Run, at: Moment, config: EventConfig): Boolean {
        val belowS = heard.belowSinceS ?: return false
        return lasts(at.knownS - belowS, config.releaseS) && lasts(at.heardS - belowS, config.marginAfterS)
    }

    private fun close(heard: Run, heardS: Double, config: EventConfig) {
        run = null
        val startS = heard.toldStartS ?: return
        val untilS = heard.belowSinceS ?: heardS
        val endS = maxOf(minOf(untilS + config.marginAfterS, heardS), startS)
        earliestS = endS + config.cooldownS
        sink.onEnd(startS, endS, heard.maxScore)
    }

    private companion object {
        /** Times that differ by less are the same: they are sums of fractions. */
        const val ROUNDING_S = 1e-6

        fun lasts(lengthS: Double, wantedS: Double): Boolean = lengthS >= wantedS - ROUNDING_S
    }
}
