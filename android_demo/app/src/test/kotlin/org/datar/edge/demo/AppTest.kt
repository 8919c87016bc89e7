package org.datar.edge.demo

import android.Manifest
import android.app.Activity
import android.app.Application
import android.content.pm.PackageManager
import android.os.Looper
import org.datar.edge.jvm.JvmTfliteEngine
import org.junit.After
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAudioRecord

/** The app on Robolectric's Android, with a microphone that the test feeds. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class)
abstract class AppTest {
    protected val app: Application get() = RuntimeEnvironment.getApplication()
    protected val microphone = FedMicrophone()
    private val opened = ArrayList<ActivityController<*>>()

    @Before
    fun plugIn() {
        ShadowAudioRecord.setSourceProvider { microphone }
        shadowOf(app.packageManager).setSystemFeature(PackageManager.FEATURE_MICROPHONE, true)
    }

    /** A screen that still listens would hear the next test's sound: Robolectric has one microphone. */
    @After
    fun leaveNothingRunning() {
        opened.forEach(ActivityController<*>::close)
        told = { ", running: ${appThreads()}" }
        await("the app's threads end") { appThreads().isEmpty() }
        told = { "" }
        TestApplication.engines = listOf(JvmTfliteEngine())
    }

    protected fun allowMicrophone() = shadowOf(app).grantPermissions(Manifest.permission.RECORD_AUDIO)

    protected fun screen(): MainScreenRobot {
        val controller = open(Robolectric.buildActivity(MainActivity::class.java))
        return MainScreenRobot(controller).also { told = { ", the screen says: $it" } }
    }

    protected fun <T : Activity> open(controller: ActivityController<T>): ActivityController<T> {
        opened += controller
        return controller.setup()
    }

    private fun appThreads(): List<Thread> =
        Thread.getAllStackTraces().keys.filter { it.name in setOf("microphone", "inference", "file") }

    companion object {
        /** Says more of what was awaited in vain. */
        var told: () -> String = { "" }

        /** Lets the main thread run until something holds. */
        fun await(what: String, holds: () -> Boolean) {
            val deadlineNs = System.nanoTime() + TIMEOUT_S * 1_000_000_000
            while (true) {
                shadowOf(Looper.getMainLooper()).idle()
                if (holds()) return
                if (System.nanoTime() > deadlineNs) throw AssertionError("never: $what${told()}")
                Thread.sleep(5)
            }
        }

        private const val TIMEOUT_S = 60L
    }
}
