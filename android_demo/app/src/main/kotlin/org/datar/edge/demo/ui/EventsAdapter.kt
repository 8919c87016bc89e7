package org.datar.edge.demo.ui

import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.TextView
import org.datar.edge.demo.R

/**
 * A label with its time and score.
 *
 * @property running whether it goes on
 */
internal data class EventRow(
    val label: String,
    val time: String,
    val score: Float,
    val running: Boolean = false,
)

/** The list of what was heard. */
internal class EventsAdapter : BaseAdapter() {
    var rows: List<EventRow> = emptyList()
        set(value) {
            if (field == value) return
            field = value
            notifyDataSetChanged()
        }

    override fun getCount(): Int = rows.size

    override fun getItem(position: Int): EventRow = rows[position]

    override fun getItemId(position: Int): Long = position.toLong()

    override fun getView(position: Int, recycled: View?, parent: ViewGroup): View {
        val view = recycled ?: LayoutInflater.from(parent.context).inflate(R.layout.event, parent, false)
        show(rows[position], view)
        return view
    }

    private fun show(row: EventRow, view: View) {
        val colour = view.context.getColor(if (row.running) R.color.accent else R.color.text)
        val label = view.findViewById<TextView>(R.id.event_label)
        label.text = row.label
        label.setTextColor(colour)
        view.findViewById<TextView>(R.id.event_time).text = row.time
        view.findViewById<TextView>(R.id.event_score).text = score(row.score)
        view.contentDescription =
            view.resources.getString(R.string.event_described, row.label, row.time, percent(row.score))
    }
}
