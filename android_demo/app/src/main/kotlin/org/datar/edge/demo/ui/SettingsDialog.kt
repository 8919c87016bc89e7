package org.datar.edge.demo.ui

import android.app.AlertDialog
import android.content.Context
import android.view.View
import android.widget.AdapterView
import android.widget.Spinner
import org.datar.edge.demo.R
import org.datar.edge.demo.models.ModelCatalog
import org.datar.edge.demo.settings.Settings

/**
 * Shows the settings.
 *
 * @param onDone gets the new settings, or null when cancelled
 */
internal class SettingsDialog(
    private val context: Context,
    private val catalog: ModelCatalog,
    settings: Settings,
    private val onDone: (Settings?) -> Unit,
) {
    private val view: View = View.inflate(context, R.layout.settings, null)
    private val engineSpinner: Spinner = view.findViewById(R.id.setting_engine)
    private val engines =
        Choices(engineSpinner, catalog.engines.map { it.name to it.name }, catalog.engine(settings.engine).name)
    private var models = modelChoices(settings.model)
    private val threads = choices(R.id.setting_threads, THREADS.map { it to it.toString() }, settings.threads)
    private val hops = choices(R.id.setting_hop, own + HOPS_S.map { it to seconds(it) }, settings.hopS)
    private val thresholds =
        choices(R.id.setting_threshold, own + THRESHOLDS.map { it to decimal(it, 1) }, settings.threshold)
    private val dialog = AlertDialog.Builder(context)
        .setTitle(R.string.settings)
        .setView(view)
        .setPositiveButton(R.string.apply) { _, _ -> onDone(chosen()) }
        .setNegativeButton(R.string.cancel) { _, _ -> onDone(null) }
        .setOnCancelListener { onDone(null) }
        .create()

    init {
        engineSpinner.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(list: AdapterView<*>?, row: View?, position: Int, id: Long) {
                models = modelChoices(models.chosen)
            }

            override fun onNothingSelected(list: AdapterView<*>?) = Unit
        }
    }

    fun show() = dialog.show()

    /** Without a result: the screen goes, and comes again. */
    fun hide() = dialog.dismiss()

    private fun chosen() = Settings(engines.chosen, models.chosen, threads.chosen, thresholds.chosen, hops.chosen)

    /** Those of the chosen engine; one that has none says so when it is started. */
    private fun modelChoices(chosen: String?): Choices<String?> {
        val names = catalog.modelsOf(catalog.engine(engines.chosen))
        val none = listOf(null to context.getString(R.string.setting_none))
        return choices(R.id.setting_model, names.map { it to it }.ifEmpty { none }, chosen)
    }

    private val own: List<Pair<Double?, String>> get() = listOf(null to context.getString(R.string.setting_own))

    private fun seconds(value: Double) = context.getString(R.string.setting_hop_s, decimal(value, 2))

    private fun <T> choices(id: Int, values: List<Pair<T, String>>, chosen: T): Choices<T> =
        Choices(view.findViewById(id), values, chosen)

    private companion object {
        val THREADS = listOf(1, 2, 3, 4, 6, 8)
        val HOPS_S = listOf(0.25, 0.5, 1.0, 2.0)
        val THRESHOLDS = listOf(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    }
}
