package org.datar.edge.demo.sound

import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import javax.sound.sampled.AudioFileFormat
import javax.sound.sampled.AudioFormat
import javax.sound.sampled.AudioInputStream
import javax.sound.sampled.AudioSystem
import org.datar.edge.demo.Recordings
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class WavReaderTest {
    @Test
    fun readsARealFileAsTheJvmDoes() {
        val (expected, rateHz) = Recordings.decode(Recordings.file("helicopter.wav"))
        Recordings.file("helicopter.wav").inputStream().use { file ->
            val reader = WavReader(file)
            assertEquals(rateHz, reader.sampleRateHz)
            assertEquals(expected.size / rateHz.toDouble(), reader.durationS!!, 1e-9)
            assertArrayEquals(expected, all(reader), 0f)
        }
    }

    @Test
    fun readsEveryWidthTheJvmWrites() {
        for (bits in listOf(8, 16, 24, 32)) {
            val format = AudioFormat(8_000f, bits, 2, bits > 8, false)
            val reader = WavReader(ByteArrayInputStream(written(format, stereo(bits))))
            val tolerance = 1.5f / (1 shl minOf(bits, 24) - 1)
            assertArrayEquals("$bits bits", LEVELS, all(reader), tolerance)
        }
    }

    @Test
    fun readsFloatsAndTheExtensibleHeader() {
        val floats = ByteBuffer.allocate(4 * LEVELS.size).order(ByteOrder.LITTLE_ENDIAN)
        LEVELS.forEach(floats::putFloat)
        assertArrayEquals(LEVELS, all(WavReader(file(format(3, 32), floats.array()))), 0f)
        val extensible = format(0xFFFE, 32) + ByteArray(8) + byteArrayOf(3, 0) + ByteArray(14)
        assertArrayEquals(LEVELS, all(WavReader(file(extensible, floats.array()))), 0f)
    }

    @Test
    fun skipsOtherChunksAlsoOfOddLength() {
        val bytes = ByteBuffer.allocate(2 * LEVELS.size).order(ByteOrder.LITTLE_ENDIAN)
        LEVELS.forEach { bytes.putShort((it * 32_767).toInt().toShort()) }
        val stream = file(format(1, 16), bytes.array(), before = chunk("LIST", ByteArray(5)))
        assertArrayEquals(LEVELS, all(WavReader(stream)), 1e-4f)
    }

    @Test
    fun readsAFileThatIsCutOffAsFarAsItGoes() {
        val whole = Recordings.file("helicopter.wav").readBytes()
        val expected = Recordings.decode(Recordings.file("helicopter.wav")).first
        val samples = all(WavReader(ByteArrayInputStream(whole.copyOf(whole.size / 2))))
        assertTrue(samples.size in expected.size / 2 - 50..expected.size / 2)
        assertArrayEquals(expected.copyOf(samples.size), samples, 0f)
    }

    @Test
    fun aStreamOfUnknownLengthIsReadToItsEnd() {
        val data = chunk("data", ByteArray(20), size = -1)
        val reader = WavReader(ByteArrayInputStream(riff(chunk("fmt ", format(1, 16)) + data)))
        assertNull(reader.durationS)
        assertEquals(10, all(reader).size)
    }

    @Test
    fun refusesWhatIsNoWavFile() {
        val ogg = Recordings.file("dog.ogg").readBytes()
        for (bytes in listOf(ByteArray(0), ogg, riff(ByteArray(0)), riff(chunk("fmt ", ByteArray(4))))) {
            assertThrows(SoundFileException::class.java) { WavReader(ByteArrayInputStream(bytes)) }
        }
    }

    @Test
    fun refusesEncodingsItDoesNotKnow() {
        for (format in listOf(format(1, 12), format(2, 4), format(1, 16, channels = 0), format(1, 16, rateHz = 7))) {
            val bytes = riff(chunk("fmt ", format) + chunk("data", ByteArray(8)))
            assertThrows(SoundFileException::class.java) { WavReader(ByteArrayInputStream(bytes)) }
        }
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

    /** Both channels lie around the level, as far apart as they can: their mean is the level. */
    private fun stereo(bits: Int): ByteArray {
        val scale = (1L shl bits - 1) - 1
        val bytes = ByteArrayOutputStream()
        for (level in LEVELS) {
            for (sign in listOf(-1, 1)) {
                val value = Math.round((level + sign * (1 - Math.abs(level)) / 2.0) * scale) + if (bits == 8) 128 else 0
                repeat(bits / 8) { place -> bytes.write((value shr 8 * place).toInt()) }
            }
        }
        return bytes.toByteArray()
    }

    private fun written(format: AudioFormat, bytes: ByteArray): ByteArray {
        val sound = AudioInputStream(ByteArrayInputStream(bytes), format, (bytes.size / format.frameSize).toLong())
        return ByteArrayOutputStream().also { AudioSystem.write(sound, AudioFileFormat.Type.WAVE, it) }.toByteArray()
    }

    private fun format(encoding: Int, bits: Int, channels: Int = 1, rateHz: Int = 8_000): ByteArray =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putShort(encoding.toShort())
            .putShort(channels.toShort()).putInt(rateHz).putInt(rateHz * channels * bits / 8)
            .putShort((channels * bits / 8).toShort()).putShort(bits.toShort()).array()

    private fun chunk(name: String, content: ByteArray, size: Int = content.size): ByteArray =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).put(name.toByteArray()).putInt(size).array() +
            content + ByteArray(content.size % 2)

    private fun riff(chunks: ByteArray): ByteArray =
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).put("RIFF".toByteArray())
            .putInt(4 + chunks.size).put("WAVE".toByteArray()).array() + chunks

    private fun file(format: ByteArray, data: ByteArray, before: ByteArray = ByteArray(0)) =
        ByteArrayInputStream(riff(before + chunk("fmt ", format) + chunk("data", data)))

    private companion object {
        val LEVELS = floatArrayOf(0f, 0.5f, -0.5f, 0.9f, -0.9f, 0.125f)
    }
}
