package org.datar.edge.demo.sound

import android.media.AudioManager
import android.media.MediaRecorder
import java.nio.ByteBuffer
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import org.datar.edge.demo.AppTest
import org.datar.edge.demo.Recordings
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.shadows.ShadowAudioRecord

class MicrophoneThreadTest : AppTest() {
    @Test
    fun passesOnWhatTheMicrophoneHears() {
        val sound = Recordings.scored("rooster")
        var heard = FloatArray(0)
        val thread = MicrophoneThread(SOURCE, 16_000, { block, count -> heard += block.copyOf(count) }) { throw it }
        thread.start()
        microphone.feed(sound)
        microphone.awaitEaten()
        thread.stopSoon()
        thread.join()
        assertArrayEquals(sound, heard, 1e-6f)
    }

    @Test
    fun aMicrophoneThatFailsEndsTheThreadAndIsTold() {
        ShadowAudioRecord.setSourceProvider { BrokenMicrophone }
        val told = CountDownLatch(1)
        val thread = MicrophoneThread(SOURCE, 16_000, { _, _ -> }) {
            assertTrue(it.message, it.message!!.startsWith("reading the microphone failed with code "))
            told.countDown()
        }
        thread.start()
        assertTrue(told.await(10, TimeUnit.SECONDS))
        thread.join()
    }

    @Test
    fun takesTheSourceOfLeastProcessing() {
        val unprocessed = mapOf(AudioManager.PROPERTY_SUPPORT_AUDIO_SOURCE_UNPROCESSED to "true")
        assertEquals(MediaRecorder.AudioSource.UNPROCESSED, leastProcessedSource(unprocessed::get))
        assertEquals(MediaRecorder.AudioSource.VOICE_RECOGNITION, leastProcessedSource { "false" })
        assertEquals(MediaRecorder.AudioSource.VOICE_RECOGNITION, leastProcessedSource { null })
    }

    private object BrokenMicrophone : ShadowAudioRecord.AudioRecordSource {
        override fun readInFloatArray(block: FloatArray, offset: Int, count: Int, isBlocking: Boolean) = DEAD
        override fun readInShortArray(block: ShortArray, offset: Int, count: Int, isBlocking: Boolean) = DEAD
        override fun readInByteArray(block: ByteArray, offset: Int, count: Int, isBlocking: Boolean) = DEAD
        override fun readInDirectBuffer(block: ByteBuffer, count: Int, isBlocking: Boolean) = DEAD
    }

    private companion object {
        const val SOURCE = MediaRecorder.AudioSource.MIC
        const val DEAD = -6
    }
}
