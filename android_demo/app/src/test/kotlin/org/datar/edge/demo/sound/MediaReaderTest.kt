package org.datar.edge.demo.sound

import android.media.MediaFormat
import android.net.Uri
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.datar.edge.demo.AppTest
import org.datar.edge.demo.Recordings
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test
import org.robolectric.shadows.ShadowMediaExtractor
import org.robolectric.shadows.util.DataSource

/** Robolectric's decoder hands on what it gets; that the phone's decoders decode is theirs. */
class MediaReaderTest : AppTest() {
    private val file = Uri.parse("content://recorder/sound.ogg")

    @Test
    fun mixesWhatTheDecoderGivesDownToMono() {
        val rooster = Recordings.scored("rooster")
        addTrack(format("audio/vorbis", channels = 2), stereo(rooster))
        MediaReader(app, file).use { reader ->
            assertEquals(16_000, reader.sampleRateHz)
            assertEquals(2.5, reader.durationS!!, 0.0)
            assertArrayEquals(FloatArray(rooster.size) { rooster[it] / 2 }, all(reader), 1f / 32_768)
        }
    }

    @Test
    fun takesTheSoundOfAFilm() {
        addTrack(format("video/avc", channels = 1), ByteArray(4_000))
        addTrack(format("audio/mp4a-latm", channels = 1), ByteArray(2_000))
        MediaReader(app, file).use { assertEquals(1_000, all(it).size) }
    }

    @Test
    fun aFileWithoutSoundIsRefused() {
        addTrack(format("video/avc", channels = 1), ByteArray(4_000))
        assertThrows(SoundFileException::class.java) { MediaReader(app, file) }
    }

    private fun addTrack(format: MediaFormat, content: ByteArray) =
        ShadowMediaExtractor.addTrack(DataSource.toDataSource(app, file, null), format, content)

    private fun format(mime: String, channels: Int) = MediaFormat.createAudioFormat(mime, 16_000, channels)
        .apply { setLong(MediaFormat.KEY_DURATION, 2_500_000) }

    /** The sound at half its level, all of it in the left channel. */
    private fun stereo(sound: FloatArray): ByteArray {
        val bytes = ByteBuffer.allocate(4 * sound.size).order(ByteOrder.LITTLE_ENDIAN)
        for (sample in sound) {
            bytes.putShort(Math.round(sample * 32_767).toShort()).putShort(0)
        }
        return bytes.array()
    }

    private fun all(reader: SoundReader): FloatArray {
        val block = FloatArray(1_000)
        var samples = FloatArray(0)
        while (true) {
            val count = reader.read(block)
            if (count < 0) return samples
            samples += block.copyOf(count)
        }
    }
}
