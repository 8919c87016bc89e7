package org.datar.edge.demo

import android.app.Application
import android.content.Context
import android.media.AudioManager
import android.os.Handler
import android.os.Looper
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import org.datar.edge.Engine
import org.datar.edge.demo.files.FileController
import org.datar.edge.demo.listen.ListeningController
import org.datar.edge.demo.models.ModelCatalog
import org.datar.edge.demo.settings.SettingsStore
import org.datar.edge.demo.sound.Microphone
import org.datar.edge.executorch.ExecuTorchEngine
import org.datar.edge.tflite.TfliteEngine

/** What the activities share. */
open class DemoApplication : Application() {
    /** The engines that the settings offer, the first by default. */
    protected open fun engines(): List<Engine> = listOf(TfliteEngine(), ExecuTorchEngine())

    val catalog: ModelCatalog by lazy { ModelCatalog(engines(), assets, cacheDir) }

    val settings: SettingsStore by lazy {
        SettingsStore(getSharedPreferences("settings", Context.MODE_PRIVATE))
    }

    private val main = Executor(Handler(Looper.getMainLooper())::post)
    private val worker: Executor by lazy { Executors.newSingleThreadExecutor { Thread(it, "models") } }

    fun newListeningController(): ListeningController {
        val audio = getSystemService(AudioManager::class.java)
        return ListeningController(
            open = catalog::open,
            newSource = { sampleRateHz, listener -> Microphone(audio, sampleRateHz, listener) },
            worker = worker,
            main = main,
            settings = settings.load(),
        )
    }

    /** Each file has a thread of its own, so that a long one keeps nobody waiting. */
    fun newFileController(): FileController =
        FileController(catalog::open, Executor { Thread(it, "file").start() }, main, settings.load())
}
