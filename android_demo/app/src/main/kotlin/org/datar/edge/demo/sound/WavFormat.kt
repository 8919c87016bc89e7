package org.datar.edge.demo.sound

import java.nio.BufferUnderflowException
import java.nio.ByteBuffer
import java.nio.ByteOrder

private fun interface SampleDecoder {
    fun next(buffer: ByteBuffer): Float
}

/** How the samples of a WAV file are written. */
internal class WavFormat private constructor(
    val sampleRateHz: Int,
    private val channels: Int,
    private val bits: Int,
    private val decoder: SampleDecoder,
) {
    val frameBytes: Int get() = channels * bits / 8

    /** The mean of the channels of the next frame. */
    fun frame(buffer: ByteBuffer): Float {
        var sum = 0f
        repeat(channels) { sum += decoder.next(buffer) }
        return sum / channels
    }

    companion object {
        private const val PCM = 1
        private const val FLOAT = 3
        private const val EXTENSIBLE = 0xFFFE
        private const val SUBFORMAT_AT = 24
        private val RATES_HZ = 1_000..384_000
        private val CHANNELS = 1..32

        /** Reads the `fmt ` chunk. */
        fun parse(chunk: ByteArray): WavFormat = try {
            parse(ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN))
        } catch (error: BufferUnderflowException) {
            throw SoundFileException("the WAV file has a short format chunk", error)
        } catch (error: IndexOutOfBoundsException) {
            throw SoundFileException("the WAV file has a short format chunk", error)
        }

        private fun parse(chunk: ByteBuffer): WavFormat {
            val written = chunk.short.toInt() and 0xFFFF
            val channels = chunk.short.toInt() and 0xFFFF
            val sampleRateHz = chunk.int
            val bits = chunk.getShort(14).toInt()
            val encoding = if (written == EXTENSIBLE) chunk.getShort(SUBFORMAT_AT).toInt() else written
            if (channels !in CHANNELS) throw SoundFileException("the WAV file has $channels channels")
            if (sampleRateHz !in RATES_HZ) throw SoundFileException("the WAV file has $sampleRateHz Hz")
            val decoder = decoder(encoding, bits)
                ?: throw SoundFileException("the WAV file has encoding $encoding with $bits bits")
            return WavFormat(sampleRateHz, channels, bits, decoder)
        }

        private fun decoder(encoding: Int, bits: Int): SampleDecoder? = when (encoding to bits) {
            PCM to 8 -> SampleDecoder { ((it.get().toInt() and 0xFF) - 128) / 128f }
            PCM to 16 -> SampleDecoder { it.short / 32_768f }
            PCM to 24 -> SampleDecoder { int24(it) / 8_388_608f }
            PCM to 32 -> SampleDecoder { it.int / 2_147_483_648f }
            FLOAT to 32 -> SampleDecoder { it.float }
            FLOAT to 64 -> SampleDecoder { it.double.toFloat() }
            else -> null
        }

        private fun int24(buffer: ByteBuffer): Int {
            val low = buffer.short.toInt() and 0xFFFF
            return (buffer.get().toInt() shl 16) or low
        }
    }
}
