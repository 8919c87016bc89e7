package org.datar.edge.demo.ui

import android.app.Activity
import android.view.View
import android.widget.Button
import android.widget.ListView
import android.widget.TextView
import org.datar.edge.demo.R
import org.datar.edge.demo.display.Spectrogram
import org.datar.edge.demo.listen.Phase
import org.datar.edge.demo.listen.Problem
import org.datar.edge.demo.listen.UiState

/** What can be pressed on the screen. */
internal interface MainActions {
    fun startOrStop()

    fun remedy(problem: Problem)

    fun openFile()

    fun openSettings()
}

/** Shows a state in the views of the main layout. */
internal class MainScreen(activity: Activity, private val actions: MainActions) {
    private val texts = Texts(activity.resources)
    private val adapter = EventsAdapter()
    private val root: View = activity.findViewById(R.id.root)
    private val events: ListView = activity.findViewById(R.id.events)

    init {
        events.addHeaderView(activity.layoutInflater.inflate(R.layout.header, events, false), null, false)
        events.adapter = adapter
    }

    private val spectrogram: SpectrogramView = root.findViewById(R.id.spectrogram)
    private val problem: View = root.findViewById(R.id.problem)
    private val problemText: TextView = root.findViewById(R.id.problem_text)
    private val problemAction: Button = root.findViewById(R.id.problem_action)
    private val headline: TextView = root.findViewById(R.id.headline)
    private val tags = TagRows(root.findViewById(R.id.tags))
    private val eventsNone: TextView = root.findViewById(R.id.events_none)
    private val statusModel: TextView = root.findViewById(R.id.status_model)
    private val statusFigures: TextView = root.findViewById(R.id.status_figures)
    private val startStop: Button = root.findViewById(R.id.start_stop)

    init {
        root.padByInsets()
        startStop.setOnClickListener { actions.startOrStop() }
        root.findViewById<View>(R.id.open_file).setOnClickListener { actions.openFile() }
        root.findViewById<View>(R.id.open_settings).setOnClickListener { actions.openSettings() }
    }

    fun show(state: UiState, sound: Spectrogram?) {
        spectrogram.spectrogram = sound
        spectrogram.live = state.phase == Phase.LISTENING
        root.keepScreenOn = state.phase == Phase.LISTENING
        show(state.problem)
        headline.setTextIfNew(texts.headline(state))
        tags.show(state.tags)
        showEvents(state)
        showStatus(state)
    }

    private fun show(shown: Problem?) {
        val isNews = problem.visibility == View.GONE
        problem.visibility = if (shown == null) View.GONE else View.VISIBLE
        if (shown == null) return
        if (isNews) events.setSelection(0) // It stands at the top of what scrolls.
        problemText.setTextIfNew(shown.text(root.resources))
        problemAction.setText(shown.remedy.label)
        problemAction.setOnClickListener { actions.remedy(shown) }
    }

    private fun showEvents(state: UiState) {
        adapter.rows = state.events.map(texts::row)
        eventsNone.visibility = if (state.events.isEmpty() && state.model != null) View.VISIBLE else View.GONE
        state.model?.let { eventsNone.setTextIfNew(texts.noEvents(it.threshold)) }
    }

    private fun showStatus(state: UiState) {
        statusModel.visibility = if (state.model == null) View.GONE else View.VISIBLE
        state.model?.let { statusModel.setTextIfNew(texts.model(it)) }
        statusFigures.setTextIfNew(texts.figures(state))
        val idle = state.phase == Phase.IDLE
        startStop.setText(if (idle) R.string.start else R.string.stop)
        startStop.setBackgroundResource(if (idle) R.drawable.button_start else R.drawable.button_stop)
        startStop.setTextColor(root.context.getColor(if (idle) R.color.on_accent else R.color.on_stop))
    }
}

/** The same text again would be laid out and read aloud again. */
private fun TextView.setTextIfNew(value: String) {
    if (!text.contentEquals(value)) text = value
}
