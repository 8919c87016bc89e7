package org.datar.edge.demo

import android.media.AudioManager
import java.io.File
import org.datar.edge.ModelException
import org.datar.edge.ModelFile
import org.datar.edge.Session
import org.datar.edge.jvm.JvmTfliteEngine
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.robolectric.Shadows.shadowOf

/** Real recordings through the microphone, the bundled model and the screen. */
class ListeningTest : AppTest() {
    @get:Rule
    val folder = TemporaryFolder()

    private val rooster by lazy { Recordings.scored("rooster") }
    private val rain by lazy { Recordings.scored("rain") }
    private val engine = CountingEngine()
    private var opening: () -> Session = { error("nothing to open") }
    private val audio get() = app.getSystemService(AudioManager::class.java)

    @Test
    fun aRoosterIsNamedInBarsAndHeadlineAndList() {
        TestApplication.engines = listOf(engine)
        val screen = listening()
        hear(rooster + rooster + FloatArray(RATE_HZ))
        await("the headline") { screen.headline == "Rooster" }
        assertTrue(screen.bars.toString(), screen.bars.first().startsWith("Rooster, "))
        assertEquals(5, screen.bars.size)
        await("an event") { screen.events.any { it.startsWith("Rooster, since 0:00.0, score ") } }
        val told = Regex("\\d+ ms a window · \\d+% of real time · 0\\.0 s dropped")
        assertTrue(screen.status, told.matches(screen.status))
        screen.pressStart()
        val ended = Regex("Rooster, 0:00.0 to 0:0[3-5]\\.\\d, score \\d+ percent")
        await("its end") { screen.events.any(ended::matches) }
        assertEquals("Start listening", screen.button)
        assertNull(screen.problem)
    }

    @Test
    fun throughTheMicrophoneTheScoresAreThoseOfPython() {
        TestApplication.engines = listOf(engine)
        val screen = listening()
        hear(rain)
        microphone.awaitEaten()
        screen.pressStart()
        val expected = Recordings.scoresOfPython("rain")
        await("all windows") { engine.scored == expected.size && engine.closed.get() == 1 }
        for ((python, app) in expected zip engine.scores) assertArrayEquals(python, app, 1e-4f)
    }

    @Test
    fun silenceIsNamedAndNotScored() {
        val engine = CountingEngine(wrap = ::FailingSession)
        TestApplication.engines = listOf(engine)
        val screen = listening()
        microphone.feed(FloatArray(3 * RATE_HZ) { if (it % 2 == 0) 1e-5f else -1e-5f })
        await("the headline") { screen.headline == "Silence" }
        assertNull(screen.problem)
    }

    @Test
    fun aBlockedMicrophoneIsToldAndForgottenWhenSoundComes() {
        val screen = listening()
        microphone.feed(FloatArray(WINDOW))
        await("silence") { screen.headline == "Silence" }
        assertNull(screen.problem)
        microphone.feed(FloatArray(RATE_HZ))
        await("a notice") { screen.problem?.startsWith("Exactly no sound arrives.") == true }
        assertEquals("Stop", screen.button)
        microphone.feed(rain)
        await("no notice") { screen.problem == null }
    }

    @Test
    fun rotationGoesOnListening() {
        TestApplication.engines = listOf(engine)
        val screen = listening()
        hear(rooster + rooster)
        await("the headline") { screen.headline == "Rooster" }
        val before = screen.activity
        screen.turn("land")
        assertFalse("the activity is a new one", before === screen.activity)
        assertEquals("Rooster", screen.headline)
        assertEquals("Stop", screen.button)
        microphone.feed(rain)
        await("what follows") { screen.headline == "Rain" }
        assertEquals(1, engine.opened.get())
    }

    @Test
    fun theBackgroundStopsListeningAndClosesTheModel() {
        TestApplication.engines = listOf(engine)
        val screen = listening()
        screen.leave()
        await("the model is closed") { engine.closed.get() == 1 }
        await("the microphone is free") { !microphone.isRead() }
        screen.comeBack()
        assertEquals("Start listening", screen.button)
        screen.pressStart()
        await("listening again") { engine.opened.get() == 2 }
    }

    @Test
    fun leavingWhileTheModelLoadsClosesIt() {
        TestApplication.engines = listOf(engine)
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        screen.leave()
        await("the model is closed") { engine.opened.get() == 1 && engine.closed.get() == 1 }
        assertFalse(microphone.isRead())
    }

    @Test
    fun anotherAppThatPlaysStopsListening() {
        val screen = listening()
        val focus = shadowOf(audio).lastAudioFocusRequest.listener
        focus.onAudioFocusChange(AudioManager.AUDIOFOCUS_LOSS_TRANSIENT_CAN_DUCK)
        assertEquals("Stop", screen.button)
        focus.onAudioFocusChange(AudioManager.AUDIOFOCUS_LOSS_TRANSIENT)
        await("stopped") { screen.button == "Start listening" }
        assertEquals("Listening stopped for a call or another app.", screen.problem)
        await("the microphone is free") { !microphone.isRead() }
    }

    @Test
    fun duringACallListeningDoesNotStart() {
        audio.mode = AudioManager.MODE_IN_CALL
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        await("a notice") { screen.problem?.startsWith("A call is going on.") == true }
        assertEquals("Start listening", screen.button)
        assertFalse(microphone.isRead())
        audio.mode = AudioManager.MODE_NORMAL
        screen.press(R.id.problem_action)
        await("listening") { screen.button == "Stop" && screen.problem == null }
    }

    @Test
    fun theScreenNeverWaitsForASlowEngineAndDropsAreCounted() {
        lateinit var held: HeldSession
        TestApplication.engines = listOf(CountingEngine(wrap = { HeldSession(it).also { session -> held = session } }))
        val screen = listening()
        val sound = rain + rain + rain
        microphone.feed(sound.copyOf(WINDOW))
        microphone.awaitEaten()
        held.waiting.await()
        // Inference hangs from here on: whatever waited for it would wait for ever.
        microphone.feed(sound.copyOfRange(WINDOW, WINDOW + 10 * RATE_HZ))
        microphone.awaitEaten()
        screen.turn("land")
        screen.press(R.id.open_settings)
        assertEquals("Stop", screen.button)
        held.letGo()
        // The first window ends at 2.56 s, the newest complete one starts at 10 s.
        await("drops") { screen.status.endsWith(" · 7.4 s dropped") }
    }

    @Test
    fun stoppingDoesNotWaitForASlowEngine() {
        lateinit var held: HeldSession
        val engine = CountingEngine(wrap = { HeldSession(it).also { session -> held = session } })
        TestApplication.engines = listOf(engine)
        val screen = listening()
        microphone.feed(rain)
        held.waiting.await()
        screen.pressStart()
        assertEquals("Start listening", screen.button)
        assertEquals("the session is in use", 0, engine.closed.get())
        held.letGo()
        await("the model is closed") { engine.closed.get() == 1 }
    }

    @Test
    fun anEngineThatFailsWhileListeningIsTold() {
        val engine = CountingEngine(wrap = ::FailingSession)
        TestApplication.engines = listOf(engine)
        val screen = listening()
        microphone.feed(rain)
        await("a notice") { screen.problem != null }
        assertEquals("Listening stopped, because the model failed. the runtime broke", screen.problem)
        await("all is given back") { engine.closed.get() == 1 && !microphone.isRead() }
        assertEquals("Start listening", screen.button)
    }

    @Test
    fun anEngineThatFailsToOpenIsTold() {
        refused("java.lang.IllegalStateException: no memory") { throw IllegalStateException("no memory") }
        refused("Opening does not run on this device: no library") { throw UnsatisfiedLinkError("no library") }
        refused("no card") { throw ModelException("no card") }
    }

    @Test
    fun aDamagedModelIsRefused() {
        val model = File(System.getProperty("demo"), "build/assets/models/datar-micro.tflite").readBytes()
        val damaged = folder.newFile("damaged.tflite")
        model[model.size / 2] = (model[model.size / 2] + 1).toByte()
        damaged.writeBytes(model)
        refused("damaged.tflite is damaged") { JvmTfliteEngine().open(ModelFile(damaged), 1) }
        damaged.writeBytes("no model".toByteArray())
        refused("damaged.tflite is neither a TFLite nor an ExecuTorch file") { JvmTfliteEngine().open(ModelFile(damaged), 1) }
    }

    @Test
    fun aMissingModelIsTold() {
        TestApplication.engines = listOf(OpeningEngine(setOf("none")) { error("there is nothing to open") })
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        await("a notice") { screen.problem?.startsWith("The app holds no model for Opening.") == true }
        assertEquals("Start listening", screen.button)
    }

    private fun refused(reason: String, open: () -> Session) {
        opening = open
        TestApplication.engines = listOf(OpeningEngine { opening() })
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        await(reason) { screen.problem?.startsWith("The model cannot be used. $reason") == true }
        assertEquals("Start listening", screen.button)
        assertFalse(microphone.isRead())
    }

    /** Feeds no faster than inference follows, so that no window is skipped however slow the machine. */
    private fun hear(sound: FloatArray) {
        var end = WINDOW
        microphone.feed(sound.copyOf(end))
        while (true) {
            val windows = 1 + (end - WINDOW) / RATE_HZ
            await("window $windows") { engine.scored == windows }
            if (end == sound.size) return
            val next = minOf(sound.size, end + RATE_HZ)
            microphone.feed(sound.copyOfRange(end, next))
            if (next < end + RATE_HZ) return
            end = next
        }
    }

    private fun listening(): MainScreenRobot {
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        await("listening") { screen.button == "Stop" && screen.model.isNotEmpty() }
        return screen
    }

    private companion object {
        const val RATE_HZ = 16_000
        const val WINDOW = 40_960
    }
}
