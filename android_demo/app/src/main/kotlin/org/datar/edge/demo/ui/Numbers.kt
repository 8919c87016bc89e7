package org.datar.edge.demo.ui

import java.util.Locale

/** Seconds as minutes and seconds: 75.25 is "1:15.3". */
internal fun clock(seconds: Double): String {
    val tenths = Math.round(seconds * 10)
    return String.format(Locale.getDefault(), "%d:%02d.%d", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/** A number with a fixed count of decimals, in the way of the phone's language. */
internal fun decimal(value: Double, digits: Int): String =
    String.format(Locale.getDefault(), "%.${digits}f", value)

/** A score with two decimals. */
internal fun score(value: Float): String = decimal(value.toDouble(), 2)

/** A score as a whole number of percent, as it is read aloud. */
internal fun percent(value: Float): Int = Math.round(value * 100)
