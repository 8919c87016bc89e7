package org.datar.edge.demo

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Bundle
import android.provider.Settings.ACTION_APPLICATION_DETAILS_SETTINGS
import org.datar.edge.demo.listen.ListeningController
import org.datar.edge.demo.listen.Phase
import org.datar.edge.demo.listen.Problem
import org.datar.edge.demo.listen.UiState
import org.datar.edge.demo.settings.Settings
import org.datar.edge.demo.ui.MainActions
import org.datar.edge.demo.ui.MainScreen
import org.datar.edge.demo.ui.Remedy
import org.datar.edge.demo.ui.SettingsDialog
import org.datar.edge.demo.ui.remedy

/** The screen that listens. The controller outlives its rotation, and stops when it is left. */
class MainActivity : Activity(), MainActions {
    private lateinit var controller: ListeningController
    private lateinit var screen: MainScreen
    private var dialog: SettingsDialog? = null
    private val app get() = application as DemoApplication

    override fun onCreate(savedState: Bundle?) {
        super.onCreate(savedState)
        setContentView(R.layout.main)
        screen = MainScreen(this, this)
        controller = lastNonConfigurationInstance as ListeningController? ?: app.newListeningController()
        controller.onChange = ::show
        show(controller.state)
    }

    override fun onRetainNonConfigurationInstance(): Any = controller

    override fun onResume() {
        super.onResume()
        val refused = controller.state.problem in REFUSALS
        if (refused && isMicrophoneAllowed()) controller.show(null)
    }

    override fun onStop() {
        super.onStop()
        if (!isChangingConfigurations) controller.stop()
    }

    override fun onDestroy() {
        super.onDestroy()
        controller.onChange = {}
        dialog?.hide()
    }

    private fun show(state: UiState) {
        screen.show(state, controller.spectrogram)
        if (state.settingsOpen && dialog == null) dialog = settingsDialog(state.settings)
        if (!state.settingsOpen) dialog = null
    }

    private fun settingsDialog(settings: Settings): SettingsDialog =
        SettingsDialog(this, app.catalog, settings, ::applySettings).also(SettingsDialog::show)

    private fun applySettings(settings: Settings?) {
        if (settings == null) return controller.openSettings(false)
        app.settings.save(settings)
        controller.apply(settings)
    }

    override fun openSettings() = controller.openSettings(true)

    override fun startOrStop() {
        when {
            controller.state.phase != Phase.IDLE -> controller.stop()
            !packageManager.hasSystemFeature(PackageManager.FEATURE_MICROPHONE) ->
                controller.show(Problem.NoMicrophone)
            isMicrophoneAllowed() -> controller.start()
            else -> requestPermissions(arrayOf(Manifest.permission.RECORD_AUDIO), MICROPHONE_REQUEST)
        }
    }

    override fun onRequestPermissionsResult(request: Int, permissions: Array<String>, results: IntArray) {
        when {
            request != MICROPHONE_REQUEST || results.isEmpty() -> return
            results.first() == PackageManager.PERMISSION_GRANTED -> controller.start()
            shouldShowRequestPermissionRationale(Manifest.permission.RECORD_AUDIO) ->
                controller.show(Problem.MicrophoneRefused)
            else -> controller.show(Problem.MicrophoneRefusedForGood)
        }
    }

    override fun remedy(problem: Problem) = when (problem.remedy) {
        Remedy.ALLOW, Remedy.RETRY -> startOrStop()
        Remedy.OPEN_SETTINGS -> openAppDetails()
        Remedy.DISMISS -> controller.show(null)
    }

    private fun openAppDetails() =
        startActivity(Intent(ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null)))

    override fun openFile() {
        val open = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE)
            .setType("*/*").putExtra(Intent.EXTRA_MIME_TYPES, arrayOf("audio/*", "application/ogg", "video/*"))
        try {
            startActivityForResult(open, FILE_REQUEST)
        } catch (error: ActivityNotFoundException) {
            controller.show(Problem.NoFilePicker)
        }
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        val file = data?.data
        if (request != FILE_REQUEST || result != RESULT_OK || file == null) return
        startActivity(Intent(Intent.ACTION_VIEW, file, this, FileActivity::class.java))
    }

    private fun isMicrophoneAllowed() =
        checkSelfPermission(Manifest.permission.RECORD_AUDIO) == PackageManager.PERMISSION_GRANTED

    private companion object {
        const val MICROPHONE_REQUEST = 1
        const val FILE_REQUEST = 2
        val REFUSALS = setOf(Problem.MicrophoneRefused, Problem.MicrophoneRefusedForGood)
    }
}
