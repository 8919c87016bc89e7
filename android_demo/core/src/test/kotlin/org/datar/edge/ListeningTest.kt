package org.datar.edge

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test

class ListeningTest {
    private val rateHz = 8_000
    private val card = cardOf(windowSamples = 800, rateHz = rateHz)

    private class Told : ListeningSink {
        val windows = mutableListOf<HeardWindow>()
        var failure: Exception? = null
        var stopped = false
        val heard = CountDownLatch(1)

        override fun onWindow(heard: HeardWindow) {
            windows += heard
            this.heard.countDown()
        }

        override fun onFailure(error: Exception) {
            failure = error
        }

        override fun onStopped() {
            check(!stopped) { "stopped twice" }
            stopped = true
        }
    }

    /** Loud enough not to be silence, of a mean that the scores tell. */
    private fun sound(count: Int, mean: Float = 0.5f) = FloatArray(count) { mean + if (it % 2 == 0) 0.1f else -0.1f }

    @Test
    fun scoresEveryWindowAndTheRest() {
        val told = Told()
        val listening = Listening(MeanSession(card), hopS = 0.05, sink = told)
        listening.start()
        listening.push(sound(800))
        assertTrue(told.heard.await(10, TimeUnit.SECONDS))
        listening.push(sound(100))
        listening.stop()
        listening.join()
        assertNull(told.failure)
        assertTrue(told.stopped)
        assertEquals(listOf(0.0, 0.05), told.windows.map { it.window.startS })
        assertEquals(0.9 / 8, told.windows[1].window.endS, 1e-12)
        assertEquals(300.0 / rateHz, told.windows[1].window.paddedS, 1e-12)
        assertEquals(0.5f, told.windows[0].window.scores!![0], 1e-6f)
        assertEquals(0.0, told.windows[1].droppedS, 0.0)
    }

    @Test
    fun aSlowModelKeepsNobodyWaitingAndLosesTheOldest() {
        val busy = CountDownLatch(1)
        val go = CountDownLatch(1)
        val told = Told()
        val slow = MeanSession(card) {
            busy.countDown()
            check(go.await(10, TimeUnit.SECONDS))
        }
        val listening = Listening(slow, hopS = 0.1, sink = told)
        listening.start()
        listening.push(sound(800))
        assertTrue(busy.await(10, TimeUnit.SECONDS))
        repeat(50) { listening.push(sound(80)) } // five windows while the first is scored
        assertTrue("the model still scores the first window", told.windows.isEmpty())
        go.countDown()
        listening.stop()
        listening.join()
        assertEquals(listOf(0.0, 0.5), told.windows.map { it.window.startS })
        assertEquals(0.4, told.windows[1].droppedS, 1e-12)
    }

    @Test
    fun silenceIsNotScored() {
        val told = Told()
        val listening = Listening(MeanSession(card) { error("not called") }, hopS = 0.1, sink = told)
        listening.start()
        listening.push(FloatArray(800))
        listening.stop()
        listening.join()
        assertNull(told.windows.single().window.scores)
        assertEquals(0.0, told.windows.single().inferenceMs, 0.0)
    }

    @Test
    fun aFailureEndsListeningAndIsTold() {
        val failure = ModelException("broken")
        val told = Told()
        val listening = Listening(MeanSession(card) { throw failure }, hopS = 0.1, sink = told)
        listening.start()
        listening.push(sound(800))
        listening.join()
        assertSame(failure, told.failure)
        assertTrue(told.stopped)
        listening.push(sound(800))
    }

    @Test
    fun scoresThatAreNoNumbersAreAFailure() {
        val told = Told()
        val listening = Listening(MeanSession(card), hopS = 0.1, sink = told)
        listening.start()
        listening.push(sound(800, mean = Float.MAX_VALUE).also { it.fill(Float.POSITIVE_INFINITY, 0, 10) })
        listening.join()
        assertTrue(told.failure is ModelException)
    }

    @Test
    fun stoppingBeforeAnySoundTellsNothing() {
        val told = Told()
        val listening = Listening(MeanSession(card), hopS = 0.1, sink = told)
        listening.start()
        listening.stop()
        listening.join()
        assertTrue(told.windows.isEmpty())
        assertFalse(told.failure != null)
    }

    @Test
    fun aBlockIsTakenWithoutAllocating() {
        val thread = java.lang.management.ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
        val listening = Listening(MeanSession(card), hopS = 3_600.0, sink = Told())
        val block = sound(160)
        repeat(20_000) { listening.push(block) }
        val before = thread.currentThreadAllocatedBytes
        repeat(10_000) { listening.push(block) }
        assertTrue((thread.currentThreadAllocatedBytes - before).toString(), thread.currentThreadAllocatedBytes - before < 10_000)
    }
}
