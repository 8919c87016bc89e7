package org.datar.edge.demo

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.os.Bundle
import org.datar.edge.demo.files.FileController
import org.datar.edge.demo.sound.SoundFileException
import org.datar.edge.demo.sound.SoundFiles
import org.datar.edge.demo.ui.FileScreen

/** The screen of a sound file that another app has shared or that was opened here. */
class FileActivity : Activity() {
    private lateinit var controller: FileController

    override fun onCreate(savedState: Bundle?) {
        super.onCreate(savedState)
        setContentView(R.layout.file)
        val screen = FileScreen(this)
        controller = lastNonConfigurationInstance as FileController? ?: begin()
        controller.onChange = screen::show
        screen.show(controller.state)
    }

    override fun onRetainNonConfigurationInstance(): Any = controller

    override fun onDestroy() {
        super.onDestroy()
        controller.onChange = {}
        if (!isChangingConfigurations) controller.stop()
    }

    private fun begin(): FileController {
        val files = SoundFiles(applicationContext)
        val file = sharedFile()
        return (application as DemoApplication).newFileController().also {
            it.start(
                nameOf = { file?.let(files::nameOf).orEmpty() },
                open = { files.open(file ?: throw SoundFileException("none was shared")) },
            )
        }
    }

    private fun sharedFile(): Uri? = when {
        intent.action != Intent.ACTION_SEND -> intent.data
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU ->
            intent.getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java)
        else -> @Suppress("DEPRECATION") intent.getParcelableExtra(Intent.EXTRA_STREAM)
    }
}
