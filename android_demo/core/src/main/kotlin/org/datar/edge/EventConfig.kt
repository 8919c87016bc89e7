package org.datar.edge

/**
 * When a label counts as heard; `docs/events.md` of datar-edge says exactly how.
 *
 * @property startThreshold smoothed score that begins an event, above 0 to 1.
 * @property stopThreshold smoothed score below which it ends; null for 0.6 of [startThreshold].
 * @property smoothingS time constant of the exponential smoothing of scores; 0 for none.
 * @property confirmationS how long the score must stay at the start threshold or above it.
 * @property minDurationS how long an event must last, margins left out.
 * @property releaseS how long the score must stay below the stop threshold.
 * @property marginBeforeS how much earlier an event is told to start than it was heard.
 * @property marginAfterS how much later it is told to end.
 * @property cooldownS how long after an event's end the same label cannot begin again.
 * @property labels what holds for single labels in place of all this.
 */
data class EventConfig(
    val startThreshold: Double = 0.5,
    val stopThreshold: Double? = null,
    val smoothingS: Double = 0.0,
    val confirmationS: Double = 0.0,
    val minDurationS: Double = 0.0,
    val releaseS: Double = 0.0,
    val marginBeforeS: Double = 0.0,
    val marginAfterS: Double = 0.0,
    val cooldownS: Double = 0.0,
    val labels: Map<String, EventConfig> = emptyMap(),
) {
    /** The stop threshold, also where none is given. */
    val stopBelow: Double get() = stopThreshold ?: (STOP_SHARE * startThreshold)

    init {
        require(startThreshold > 0.0 && startThreshold <= 1.0) { "startThreshold is $startThreshold" }
        require(stopBelow > 0.0 && stopBelow <= startThreshold) { "stopThreshold is $stopBelow" }
        val times = listOf(
            smoothingS, confirmationS, minDurationS, releaseS, marginBeforeS, marginAfterS, cooldownS,
        )
        require(times.all { it in 0.0..MAX_S }) { "a time is not within 0 to $MAX_S s: $times" }
    }

    /** What holds for a label. */
    fun of(label: String): EventConfig = labels[label] ?: this

    companion object {
        private const val STOP_SHARE = 0.6
        private const val CONFIRMATION_SHARE = 0.5
        private const val MAX_S = 3_600.0

        /** The defaults for a model: its own threshold, or another, held for half a window. */
        fun of(card: ModelCard, startThreshold: Double = card.threshold): EventConfig = EventConfig(
            startThreshold = startThreshold,
            confirmationS = CONFIRMATION_SHARE * card.windowS,
        )
    }
}
