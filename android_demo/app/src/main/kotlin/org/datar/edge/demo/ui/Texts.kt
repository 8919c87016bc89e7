package org.datar.edge.demo.ui

import android.content.res.Resources
import org.datar.edge.demo.R
import org.datar.edge.demo.listen.Figures
import org.datar.edge.demo.listen.HeardEvent
import org.datar.edge.demo.listen.Hearing
import org.datar.edge.demo.listen.ModelFacts
import org.datar.edge.demo.listen.Phase
import org.datar.edge.demo.listen.UiState

/** What the state says in words. */
internal class Texts(private val resources: Resources) {
    /** What the last window held. */
    fun headline(state: UiState): String = when (val hearing = state.hearing) {
        Hearing.NothingYet -> text(R.string.nothing_yet)
        Hearing.Silence -> text(R.string.silence)
        Hearing.Uncertain -> text(R.string.nothing_sure)
        is Hearing.Certain -> hearing.labels.joinToString()
    }

    fun model(model: ModelFacts): String =
        resources.getString(R.string.status_model, model.engine, model.name, model.threads)

    fun figures(state: UiState): String {
        val figures = state.figures
        return when {
            figures != null -> figures(figures)
            state.phase == Phase.LISTENING && state.model != null ->
                resources.getString(R.string.status_first, decimal(state.model.windowS, 1))
            state.phase == Phase.LOADING -> text(R.string.loading)
            else -> text(R.string.status_idle)
        }
    }

    private fun figures(figures: Figures): String = resources.getString(
        R.string.status_figures,
        decimal(figures.inferenceMs, 0),
        decimal(100 * figures.realTimeShare, 0),
        decimal(figures.droppedS, 1),
    )

    fun noEvents(threshold: Double): String =
        resources.getString(R.string.events_none, decimal(threshold, 2))

    fun row(event: HeardEvent): EventRow = EventRow(
        label = event.label,
        time = when (event.endS) {
            null -> resources.getString(R.string.event_running, clock(event.startS))
            else -> resources.getString(R.string.event_ended, clock(event.startS), clock(event.endS))
        },
        score = event.score,
        running = event.endS == null,
    )

    private fun text(id: Int): String = resources.getString(id)
}
