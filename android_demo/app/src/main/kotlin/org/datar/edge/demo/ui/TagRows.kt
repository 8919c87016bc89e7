package org.datar.edge.demo.ui

import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.ProgressBar
import android.widget.TextView
import org.datar.edge.Tag
import org.datar.edge.demo.R

/** Tags as bars, the best first; always as many rows, so that what is below does not jump. */
internal class TagRows(parent: ViewGroup, count: Int = COUNT) {
    private val rows = List(count) {
        LayoutInflater.from(parent.context).inflate(R.layout.tag, parent, false).also(parent::addView)
    }.map(::Row)

    fun show(tags: List<Tag>) = rows.forEachIndexed { index, row -> row.show(tags.getOrNull(index)) }

    private class Row(private val view: View) {
        private val label = view.findViewById<TextView>(R.id.tag_label)
        private val score = view.findViewById<TextView>(R.id.tag_score)
        private val bar = view.findViewById<ProgressBar>(R.id.tag_bar)

        fun show(tag: Tag?) {
            val resources = view.resources
            label.text = tag?.label ?: resources.getString(R.string.nothing_yet)
            score.text = tag?.let { score(it.score) }.orEmpty()
            bar.setProgress(Math.round((tag?.score ?: 0f) * bar.max), view.isLaidOut)
            view.contentDescription =
                tag?.let { resources.getString(R.string.tag_described, it.label, percent(it.score)) }
            view.isFocusable = tag != null
        }
    }

    private companion object {
        const val COUNT = 5
    }
}
