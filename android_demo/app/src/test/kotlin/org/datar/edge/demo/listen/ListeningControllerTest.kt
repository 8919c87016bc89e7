package org.datar.edge.demo.listen

import java.util.ArrayDeque
import java.util.concurrent.Executor
import org.datar.edge.ModelCard
import org.datar.edge.ModelException
import org.datar.edge.Session
import org.datar.edge.demo.models.NoModelException
import org.datar.edge.demo.models.OpenedModel
import org.datar.edge.demo.settings.Settings
import org.datar.edge.demo.sound.MicrophoneException
import org.datar.edge.demo.sound.SoundListener
import org.datar.edge.demo.sound.SoundSource
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** The controller without Android: the test decides when the worker and the main thread get their turn. */
class ListeningControllerTest {
    private class Turns : Executor {
        private val waiting = ArrayDeque<Runnable>()

        override fun execute(action: Runnable) = synchronized(waiting) { waiting.add(action) }.run { }

        fun runAll() {
            while (true) (synchronized(waiting) { waiting.poll() } ?: return).run()
        }
    }

    private class FakeSession : Session {
        @Volatile var closed = false
        override val card = ModelCard(
            cardVersion = 1,
            preset = "fake",
            heads = mapOf("main" to listOf("Dog", "Rain")),
            fbank = ModelCard.Fbank(windowS = 1.0),
        )

        override fun score(window: FloatArray) = floatArrayOf(0.9f, 0.1f)

        override fun close() {
            closed = true
        }
    }

    private class FakeSource(val listener: SoundListener, val free: Boolean) : SoundSource {
        var started = false
        var stopped = false

        override fun start(): Boolean = free.also { started = it }

        override fun stop() {
            stopped = true
        }
    }

    private val worker = Turns()
    private val main = Turns()
    private val sessions = ArrayList<FakeSession>()
    private val sources = ArrayList<FakeSource>()
    private var lineIsFree = true
    private var open: (Settings) -> OpenedModel = {
        OpenedModel("Fake", "fake.tflite", it.threads, FakeSession().also(sessions::add))
    }
    private val controller = ListeningController(
        open = { open(it) },
        newSource = { _, listener -> FakeSource(listener, lineIsFree).also(sources::add) },
        worker = worker,
        main = main,
        settings = Settings(),
    )

    @After
    fun endInference() {
        runAll()
        controller.stop()
    }

    @Test
    fun goesFromIdleOverLoadingToListeningAndBack() {
        assertEquals(Phase.IDLE, controller.state.phase)
        controller.start()
        assertEquals(Phase.LOADING, controller.state.phase)
        runAll()
        assertEquals(Phase.LISTENING, controller.state.phase)
        assertTrue(sources.single().started)
        controller.stop()
        assertEquals(Phase.IDLE, controller.state.phase)
        assertTrue(sources.single().stopped)
        eventually { sessions.single().closed }
    }

    @Test
    fun startingTwiceOpensOneModel() {
        controller.start()
        controller.start()
        runAll()
        controller.start()
        runAll()
        assertEquals(1, sessions.size)
    }

    @Test
    fun aModelThatComesTooLateIsClosed() {
        controller.start()
        worker.runAll()
        controller.stop()
        runAll()
        assertTrue(sessions.single().closed)
        assertTrue(sources.isEmpty())
        assertEquals(Phase.IDLE, controller.state.phase)
    }

    @Test
    fun whatAFormerRunStillTellsIsDropped() {
        listen()
        val former = sources.single().listener
        controller.stop()
        listen()
        former.onFailure(MicrophoneException("too late"))
        former.onInterruption()
        runAll()
        assertEquals(Phase.LISTENING, controller.state.phase)
        assertNull(controller.state.problem)
    }

    @Test
    fun eachFailureHasItsProblem() {
        val failures = listOf(
            NoModelException("Fake") to Problem.NoModel("Fake"),
            ModelException("no card") to Problem.ModelRefused("no card"),
            IllegalStateException("odd") to Problem.ModelRefused("java.lang.IllegalStateException: odd"),
        )
        for ((failure, problem) in failures) {
            open = { throw failure }
            listen()
            assertEquals(problem, controller.state.problem)
            assertEquals(Phase.IDLE, controller.state.phase)
        }
    }

    @Test
    fun aMicrophoneThatFailsEndsListening() {
        listen()
        sources.single().listener.onFailure(MicrophoneException("unplugged"))
        runAll()
        assertEquals(Problem.MicrophoneFailed("unplugged"), controller.state.problem)
        assertEquals(Phase.IDLE, controller.state.phase)
        eventually { sessions.single().closed }
    }

    @Test
    fun aCallKeepsItFromStartingAndClosesTheModel() {
        lineIsFree = false
        listen()
        assertEquals(Problem.CallGoingOn, controller.state.problem)
        eventually { sessions.single().closed }
    }

    @Test
    fun otherSettingsListenOnWithAnotherModel() {
        listen()
        controller.apply(Settings())
        runAll()
        assertEquals("the same settings change nothing", 1, sessions.size)
        controller.apply(Settings(threads = 4, threshold = 0.3, hopS = 0.5))
        runAll()
        eventually { sessions.first().closed }
        val expected = ModelFacts("Fake", "fake.tflite", 4, windowS = 1.0, hopS = 0.5, threshold = 0.3)
        assertEquals(expected, controller.state.model)
    }

    @Test
    fun aWindowBecomesBarsHeadlineAndFigures() {
        listen()
        val noise = FloatArray(16_000) { if (it % 3 == 0) 0.5f else -0.25f }
        sources.single().listener.accept(noise, noise.size)
        eventually { controller.state.tags.isNotEmpty() }
        assertEquals(listOf("Dog", "Rain"), controller.state.tags.map { it.label })
        assertEquals(Hearing.Certain(listOf("Dog")), controller.state.hearing)
        assertEquals(0.0, controller.state.figures!!.droppedS, 0.0)
        controller.stop()
        eventually { controller.state.events.size == 1 }
        assertEquals("Dog", controller.state.events.single().label)
    }

    /** A block costs the audio thread nothing that a garbage collector would have to take away. */
    @Test
    fun aBlockOfSoundAllocatesNothing() {
        listen()
        val listener = sources.single().listener
        val block = FloatArray(320)
        val threads = java.lang.management.ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
        repeat(2_000) { listener.accept(block, block.size) }
        val thread = Thread.currentThread().id
        val before = threads.getThreadAllocatedBytes(thread)
        repeat(BLOCKS) { listener.accept(block, block.size) }
        val bytesPerBlock = (threads.getThreadAllocatedBytes(thread) - before) / BLOCKS.toDouble()
        // Contended locks make queue nodes now and then; a buffer would be 1,280 bytes a block.
        assertTrue("$bytesPerBlock bytes a block", bytesPerBlock < 64)
    }

    private fun listen() {
        controller.start()
        runAll()
    }

    private fun runAll() = repeat(3) {
        worker.runAll()
        main.runAll()
    }

    private fun eventually(holds: () -> Boolean) {
        repeat(1_000) {
            runAll()
            if (holds()) return
            Thread.sleep(5)
        }
        throw AssertionError("never")
    }

    private companion object {
        const val BLOCKS = 2_000
    }
}
