package org.datar.edge.demo.sound

import android.media.AudioFormat
import android.media.MediaCodec
import android.media.MediaFormat
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** Decoded samples that wait to be read, mixed down to mono. */
internal class DecodedSound(format: MediaFormat) {
    val sampleRateHz = format.getInteger(MediaFormat.KEY_SAMPLE_RATE)
    private val channels = format.getInteger(MediaFormat.KEY_CHANNEL_COUNT).coerceAtLeast(1)
    private val isFloat = format.containsKey(MediaFormat.KEY_PCM_ENCODING) &&
        format.getInteger(MediaFormat.KEY_PCM_ENCODING) == AudioFormat.ENCODING_PCM_FLOAT
    private var mono = FloatArray(0)
    private var start = 0
    private var end = 0

    val isEmpty: Boolean get() = start == end

    /** Takes what a decoder wrote; call it only when empty. */
    fun put(buffer: ByteBuffer, info: MediaCodec.BufferInfo) {
        buffer.order(ByteOrder.nativeOrder()).position(info.offset)
        start = 0
        end = info.size / (channels * if (isFloat) Float.SIZE_BYTES else Short.SIZE_BYTES)
        if (mono.size < end) mono = FloatArray(end)
        for (frame in 0 until end) mono[frame] = mean(buffer)
    }

    /** Moves samples into the start of [target] and returns how many. */
    fun take(target: FloatArray): Int {
        val count = minOf(target.size, end - start)
        System.arraycopy(mono, start, target, 0, count)
        start += count
        return count
    }

    private fun mean(buffer: ByteBuffer): Float {
        var sum = 0f
        repeat(channels) { sum += if (isFloat) buffer.float else buffer.short / 32_768f }
        return sum / channels
    }
}
