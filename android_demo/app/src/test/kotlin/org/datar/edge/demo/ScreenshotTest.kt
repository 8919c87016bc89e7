package org.datar.edge.demo

import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import java.io.File
import java.time.Duration
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Pictures of the screen as a phone draws it, with what was really heard. */
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w411dp-h860dp-hdpi")
class ScreenshotTest : AppTest() {
    private val engine = CountingEngine("TFLite")

    @Test
    fun idle() = draw("idle", screen())

    @Test
    fun listening() = draw("listening", heard())

    @Test
    @Config(qualifiers = "+night")
    fun dark() = draw("dark", heard())

    @Test
    @Config(qualifiers = "w860dp-h411dp-land-hdpi")
    fun landscape() = draw("landscape", heard())

    @Test
    fun largeFont() {
        RuntimeEnvironment.setFontScale(2f)
        draw("large_font", heard())
    }

    @Test
    fun refused() {
        val screen = screen()
        screen.pressStart()
        val refusal = intArrayOf(PackageManager.PERMISSION_DENIED)
        screen.activity.onRequestPermissionsResult(1, arrayOf("android.permission.RECORD_AUDIO"), refusal)
        draw("refused", screen)
    }

    private fun heard(): MainScreenRobot {
        TestApplication.engines = listOf(engine)
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        await("listening") { screen.model.isNotEmpty() }
        val rain = Recordings.scored("rain")
        val rooster = Recordings.scored("rooster")
        val sound = rain + FloatArray(RATE_HZ / 2) + rooster + FloatArray(RATE_HZ / 2) + rooster
        microphone.feed(sound.copyOf(WINDOW))
        await("the first window") { engine.scored == 1 }
        for (end in WINDOW..sound.size - RATE_HZ step RATE_HZ) {
            val before = engine.scored
            microphone.feed(sound.copyOfRange(end, end + RATE_HZ))
            await("the next window") { engine.scored > before }
        }
        await("the headline") { screen.headline == "Rooster" && screen.events.size >= 2 }
        return screen
    }

    private fun draw(name: String, screen: MainScreenRobot) {
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(1))
        val view = screen.activity.window.decorView
        val picture = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(picture))
        val folder = File(System.getProperty("demo"), "screenshots").apply { mkdirs() }
        File(folder, "$name.png").outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
        val colours = IntArray(view.width * view.height).also {
            picture.getPixels(it, 0, view.width, 0, 0, view.width, view.height)
        }.distinct().size
        assertTrue("the picture has $colours colours", colours > 20)
    }

    private companion object {
        const val RATE_HZ = 16_000
        const val WINDOW = 40_960
    }
}
