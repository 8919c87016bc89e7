package org.datar.edge.demo.listen

import org.datar.edge.Tag
import org.datar.edge.demo.settings.Settings

/** All that the screen shows but the spectrogram; never changed, only replaced. */
data class UiState(
    val settings: Settings,
    val phase: Phase = Phase.IDLE,
    val problem: Problem? = null,
    val model: ModelFacts? = null,
    val tags: List<Tag> = emptyList(),
    val hearing: Hearing = Hearing.NothingYet,
    val events: List<HeardEvent> = emptyList(),
    val figures: Figures? = null,
    val settingsOpen: Boolean = false,
)

enum class Phase { IDLE, LOADING, LISTENING }

/** What the last window held. */
sealed interface Hearing {
    data object NothingYet : Hearing

    data object Silence : Hearing

    /** No label reaches the threshold. */
    data object Uncertain : Hearing

    /** The labels that reach the threshold, the best first. */
    data class Certain(val labels: List<String>) : Hearing
}

/**
 * The model in use.
 *
 * @property threshold score that starts an event
 * @property hopS seconds between windows
 */
data class ModelFacts(
    val engine: String,
    val name: String,
    val threads: Int,
    val windowS: Double,
    val hopS: Double,
    val threshold: Double,
)

/**
 * A label that was heard.
 *
 * @property endS null while it goes on
 * @property score the highest known, 0 to 1
 */
data class HeardEvent(
    val id: Int,
    val label: String,
    val startS: Double,
    val endS: Double?,
    val score: Float,
)

/**
 * How listening goes.
 *
 * @property inferenceMs time of a window, smoothed
 * @property realTimeShare of the time between windows that inference takes
 * @property droppedS seconds that no window covered
 */
data class Figures(val inferenceMs: Double, val realTimeShare: Double, val droppedS: Double)
