package org.datar.edge.demo

import android.Manifest
import android.content.pm.PackageManager
import android.provider.Settings
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf

class PermissionTest : AppTest() {
    private val permissions = arrayOf(Manifest.permission.RECORD_AUDIO)

    @Test
    fun nothingIsAskedBeforeStartIsPressed() {
        val screen = screen()
        assertNull(shadowOf(screen.activity).lastRequestedPermission)
        screen.pressStart()
        val asked = shadowOf(screen.activity).lastRequestedPermission
        assertArrayEquals(permissions, asked.requestedPermissions)
    }

    @Test
    fun listeningBeginsWhenItIsAllowed() {
        val screen = screen()
        screen.pressStart()
        allowMicrophone()
        answer(screen, PackageManager.PERMISSION_GRANTED)
        await("listening") { screen.button == "Stop" }
    }

    @Test
    fun aRefusalIsExplainedAndCanBeAskedAgain() {
        val screen = refused(again = true)
        assertTrue(screen.problem!!.startsWith("Without the microphone nothing can be heard."))
        screen.press(R.id.problem_action)
        assertArrayEquals(permissions, shadowOf(screen.activity).lastRequestedPermission.requestedPermissions)
    }

    @Test
    fun aRefusalForGoodShowsTheWayToTheSettings() {
        val screen = refused(again = false)
        assertTrue(screen.problem!!.startsWith("The microphone is switched off for this app."))
        screen.press(R.id.problem_action)
        val opened = shadowOf(screen.activity).nextStartedActivity
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, opened.action)
        assertEquals("package:${app.packageName}", opened.dataString)
        screen.leave()
        allowMicrophone()
        screen.comeBack()
        assertNull(screen.problem)
    }

    @Test
    fun aQuestionThatWasCancelledChangesNothing() {
        val screen = screen()
        screen.pressStart()
        screen.activity.onRequestPermissionsResult(REQUEST, emptyArray(), IntArray(0))
        assertNull(screen.problem)
        assertEquals("Start listening", screen.button)
    }

    @Test
    fun aDeviceWithoutMicrophoneIsToldSoAndAskedNothing() {
        shadowOf(app.packageManager).setSystemFeature(PackageManager.FEATURE_MICROPHONE, false)
        val screen = screen()
        screen.pressStart()
        assertTrue(screen.problem!!.startsWith("This device has no microphone."))
        assertNull(shadowOf(screen.activity).lastRequestedPermission)
        screen.press(R.id.problem_action)
        assertNull(screen.problem)
    }

    private fun refused(again: Boolean): MainScreenRobot {
        val screen = screen()
        screen.pressStart()
        shadowOf(app.packageManager)
            .setShouldShowRequestPermissionRationale(Manifest.permission.RECORD_AUDIO, again)
        answer(screen, PackageManager.PERMISSION_DENIED)
        return screen
    }

    private fun answer(screen: MainScreenRobot, result: Int) =
        screen.activity.onRequestPermissionsResult(REQUEST, permissions, intArrayOf(result))

    private companion object {
        const val REQUEST = 1
    }
}
