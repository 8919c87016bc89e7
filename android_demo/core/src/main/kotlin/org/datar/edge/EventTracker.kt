package org.datar.edge

/**
 * Follows each label through the windows of a sound.
 *
 * Each start has exactly one end, the last ones where the sound ends or is lost. The rules are those
 * of `datar-edge listen`, and `testdata/events.json` holds both to the same cases.
 *
 * @param labels of the model, in the order of its scores.
 * @param config what makes an event.
 */
class EventTracker(labels: List<String>, private var config: EventConfig) {
    private val followed = labels.map(::Followed)
    private val told = ArrayList<EventMessage>()
    private var events = 0
    private var last: WindowScores? = null

    /** One label: its events get their numbers here. */
    private inner class Followed(val label: String) : LabelSink {
        val events = LabelEvents(this)
        private var id = 0

        override fun onStart(startS: Double, score: Double) {
            id = ++this@EventTracker.events
            told += EventStart(id, label, startS, score)
        }

        override fun onEnd(startS: Double, endS: Double, maxScore: Double) {
            told += EventEnd(id, label, startS, endS, maxScore)
        }
    }

    /** Takes another configuration from the next window on; events that run go on. */
    fun reconfigure(config: EventConfig) {
        this.config = config
    }

    /** What begins and ends with the next window; it lies after the one before. */
    fun update(window: WindowScores): List<EventMessage> = telling {
        val at = moment(window)
        if (last == null) followed.forEach { it.events.begin(window.startS) }
        last = window
        followed.forEachIndexed { index, each ->
            val score = window.scores?.get(index)?.toDouble() ?: SILENCE
            each.events.update(score, at, config.of(each.label))
        }
    }

    /** Ends what is still heard where the last window's sound ends; what follows is fresh. */
    fun finish(): List<EventMessage> = telling(::end)

    /** Sound was lost from the end of the last window on, until [untilS]: ends what is heard. */
    fun gap(untilS: Double): List<EventMessage> = telling {
        end()
        followed.forEach { it.events.begin(untilS) }
    }

    private fun end() {
        val window = last ?: return
        last = null
        for (each in followed) {
            each.events.finish(window.endS, window.endS + window.paddedS, config.of(each.label))
        }
    }

    private inline fun telling(action: () -> Unit): List<EventMessage> {
        told.clear()
        action()
        return told.toList()
    }

    private fun moment(window: WindowScores): Moment {
        val before = last
        val overlap = before != null && window.startS < before.endS
        // Windows that overlap tell no more than that a change lies where both heard.
        val middleS = if (overlap) (before!!.endS + window.startS) / 2.0 else window.startS
        return Moment(
            elapsedS = if (before == null) 0.0 else window.startS - before.startS,
            beforeUntilS = if (before == null || overlap) middleS else before.endS,
            sinceS = middleS,
            knownS = (window.startS + window.endS) / 2.0,
            heardS = window.endS,
        )
    }

    private companion object {
        /** The score of every label in a window that is silence; thresholds are above it. */
        const val SILENCE = 0.0
    }
}
