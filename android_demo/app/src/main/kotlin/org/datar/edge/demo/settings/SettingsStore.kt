package org.datar.edge.demo.settings

import android.content.SharedPreferences

/** Keeps the settings from one start of the app to the next. */
class SettingsStore(private val preferences: SharedPreferences) {
    fun load(): Settings = Settings(
        engine = preferences.getString(ENGINE, null),
        model = preferences.getString(MODEL, null),
        threads = preferences.getInt(THREADS, Settings.DEFAULT_THREADS),
        threshold = preferences.getString(THRESHOLD, null)?.toDoubleOrNull(),
        hopS = preferences.getString(HOP, null)?.toDoubleOrNull(),
    )

    fun save(settings: Settings) {
        preferences.edit()
            .putString(ENGINE, settings.engine)
            .putString(MODEL, settings.model)
            .putInt(THREADS, settings.threads)
            .putString(THRESHOLD, settings.threshold?.toString())
            .putString(HOP, settings.hopS?.toString())
            .apply()
    }

    private companion object {
        const val ENGINE = "engine"
        const val MODEL = "model"
        const val THREADS = "threads"
        const val THRESHOLD = "threshold"
        const val HOP = "hop_s"
    }
}
