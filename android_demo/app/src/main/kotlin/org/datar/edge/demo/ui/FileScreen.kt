package org.datar.edge.demo.ui

import android.app.Activity
import android.view.View
import android.widget.ListView
import android.widget.ProgressBar
import android.widget.TextView
import org.datar.edge.demo.R
import org.datar.edge.demo.files.FileFailure
import org.datar.edge.demo.files.FilePhase
import org.datar.edge.demo.files.FileState
import org.datar.edge.demo.files.Segment

/** Shows a state in the views of the layout of a sound file. */
internal class FileScreen(private val activity: Activity) {
    private val resources = activity.resources
    private val name: TextView = activity.findViewById(R.id.file_name)
    private val status: TextView = activity.findViewById(R.id.file_status)
    private val progress: ProgressBar = activity.findViewById(R.id.file_progress)
    private val model: TextView = activity.findViewById(R.id.status_model)
    private val adapter = EventsAdapter()

    init {
        activity.findViewById<View>(R.id.root).padByInsets()
        activity.findViewById<ListView>(R.id.segments).adapter = adapter
        activity.findViewById<View>(R.id.back).setOnClickListener { activity.finish() }
    }

    fun show(state: FileState) {
        name.text = state.name
        status.text = status(state)
        progress.visibility = if (state.phase == FilePhase.READING) View.VISIBLE else View.GONE
        progress.isIndeterminate = state.share == null
        progress.progress = ((state.share ?: 0.0) * progress.max).toInt()
        model.text = state.model
        adapter.rows = state.segments.mapNotNull(::row)
    }

    private fun status(state: FileState): String = when (state.phase) {
        FilePhase.READING -> reading(state)
        FilePhase.FAILED -> state.failure?.let(::failure).orEmpty()
        FilePhase.DONE -> when {
            state.segments.isEmpty() -> resources.getString(R.string.file_empty)
            state.segments.all { it.tags.isEmpty() } -> resources.getString(R.string.file_silent)
            else -> resources.getString(
                R.string.file_done, clock(state.segments.last().endS), decimal(state.tookS, 1),
            )
        }
    }

    private fun reading(state: FileState): String = when (val share = state.share) {
        null -> resources.getString(R.string.file_reading_unknown, clock(state.heardS))
        else -> resources.getString(R.string.file_reading, (100 * share).toInt())
    }

    private fun failure(failure: FileFailure): String = when (failure) {
        is FileFailure.NoModel -> resources.getString(R.string.problem_no_model, failure.engine)
        is FileFailure.ModelRefused -> resources.getString(R.string.problem_model, failure.reason)
        is FileFailure.Unreadable -> resources.getString(R.string.problem_file, failure.reason)
    }

    private fun row(segment: Segment): EventRow? {
        val best = segment.tags.firstOrNull() ?: return null
        val span = resources.getString(R.string.event_ended, clock(segment.startS), clock(segment.endS))
        val others = segment.tags.drop(1).joinToString { "${it.label} ${score(it.score)}" }
        return EventRow(best.label, if (others.isEmpty()) span else "$span\n$others", best.score)
    }
}
