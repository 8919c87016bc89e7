package org.datar.edge.demo.ui

import android.widget.ArrayAdapter
import android.widget.Spinner
import org.datar.edge.demo.R

/**
 * Values of which a spinner lets one be chosen.
 *
 * @param values each with its name, at least one
 */
internal class Choices<T>(private val spinner: Spinner, private val values: List<Pair<T, String>>, chosen: T) {
    init {
        spinner.adapter = ArrayAdapter(spinner.context, R.layout.choice, values.map { it.second })
        spinner.setSelection(values.indexOfFirst { it.first == chosen }.coerceAtLeast(0))
    }

    val chosen: T get() = values[spinner.selectedItemPosition].first
}
