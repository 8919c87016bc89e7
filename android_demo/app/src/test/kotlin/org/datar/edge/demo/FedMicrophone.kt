package org.datar.edge.demo

import java.nio.ByteBuffer
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import org.robolectric.shadows.ShadowAudioRecord

/** A microphone that hears what a test feeds it; without food it waits, as a real one does. */
class FedMicrophone : ShadowAudioRecord.AudioRecordSource {
    private val samples = LinkedBlockingQueue<Float>()
    private val hungryReads = AtomicInteger()

    fun feed(sound: FloatArray) = sound.forEach(samples::put)

    /** Waits until the app has taken everything. */
    fun awaitEaten() {
        AppTest.await("the microphone is read") { samples.isEmpty() }
        val reads = hungryReads.get()
        AppTest.await("the microphone is read again") { hungryReads.get() > reads }
    }

    /** Whether the app still reads. */
    fun isRead(): Boolean {
        val reads = hungryReads.get()
        Thread.sleep(20 * WAIT_MS)
        return hungryReads.get() > reads
    }

    override fun readInFloatArray(block: FloatArray, offset: Int, count: Int, isBlocking: Boolean): Int =
        read(count) { index, sample -> block[offset + index] = sample }

    override fun readInShortArray(block: ShortArray, offset: Int, count: Int, isBlocking: Boolean): Int =
        read(count) { index, sample -> block[offset + index] = Math.round(sample * 32_767).toShort() }

    override fun readInByteArray(block: ByteArray, offset: Int, count: Int, isBlocking: Boolean): Int =
        error("the app does not read bytes")

    override fun readInDirectBuffer(block: ByteBuffer, count: Int, isBlocking: Boolean): Int =
        error("the app does not read buffers")

    private fun read(count: Int, put: (Int, Float) -> Unit): Int {
        for (index in 0 until count) {
            val sample = samples.poll(WAIT_MS, TimeUnit.MILLISECONDS)
            if (sample == null && index == 0) hungryReads.incrementAndGet()
            put(index, sample ?: return index)
        }
        return count
    }

    private companion object {
        const val WAIT_MS = 10L
    }
}
