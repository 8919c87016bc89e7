package org.datar.edge.demo.settings

/**
 * What the visitor has chosen; where nothing is chosen, the app or the model decides.
 *
 * @property engine name of the engine; null for the first
 * @property model file name of the model; null for the engine's first
 * @property threads that inference may use
 * @property threshold score that starts an event, 0 to 1; null for the model's own
 * @property hopS seconds between windows; null for the model's own
 */
data class Settings(
    val engine: String? = null,
    val model: String? = null,
    val threads: Int = DEFAULT_THREADS,
    val threshold: Double? = null,
    val hopS: Double? = null,
) {
    companion object {
        /** Two large cores are what mid-range phones have. */
        const val DEFAULT_THREADS = 2
    }
}
