package org.datar.edge.demo.sound

import java.io.BufferedInputStream
import java.io.EOFException
import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * Reads a WAV file: PCM of 8 to 32 bits or floats, any number of channels. A file that ends before its
 * header says is read as far as it goes.
 *
 * @throws SoundFileException not a WAV file, or of an encoding that is not read
 */
class WavReader(stream: InputStream) : SoundReader {
    private val input = BufferedInputStream(stream)
    private val format: WavFormat
    private var bytesLeft: Long

    init {
        try {
            if (text() != "RIFF") throw SoundFileException("not a WAV file")
            number(4)
            if (text() != "WAVE") throw SoundFileException("not a WAV file")
            format = format()
            bytesLeft = sizeOf("data")
        } catch (error: EOFException) {
            throw SoundFileException("the WAV file ends in its header", error)
        }
    }

    override val sampleRateHz: Int get() = format.sampleRateHz

    override val durationS: Double? =
        if (bytesLeft == UNKNOWN_SIZE) null else bytesLeft.toDouble() / format.frameBytes / sampleRateHz

    override fun read(target: FloatArray): Int {
        val wanted = minOf(bytesLeft, target.size.toLong() * format.frameBytes).toInt()
        val block = ByteArray(wanted)
        val got = readUpTo(block)
        bytesLeft = if (got < wanted) 0 else bytesLeft - got
        val frames = got / format.frameBytes
        val buffer = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN)
        for (index in 0 until frames) target[index] = format.frame(buffer)
        return if (frames == 0) -1 else frames
    }

    override fun close() = input.close()

    private fun format(): WavFormat {
        val size = sizeOf("fmt ")
        val chunk = bytes(minOf(size, MAX_FORMAT_BYTES).toInt())
        skip(size + size % 2 - chunk.size)
        return WavFormat.parse(chunk)
    }

    /** Goes to the chunk of that name and returns its size. */
    private fun sizeOf(name: String): Long {
        while (true) {
            val found = text()
            val size = number(4)
            if (found == name) return size
            skip(size + size % 2)
        }
    }

    private fun skip(count: Long) {
        var left = count
        while (left > 0) left -= bytes(minOf(left, SKIPPED_BYTES).toInt()).size
    }

    private fun text(): String = String(bytes(4), Charsets.US_ASCII)

    private fun number(size: Int): Long =
        bytes(size).foldIndexed(0L) { place, sum, byte -> sum or ((byte.toLong() and 0xFF) shl 8 * place) }

    private fun bytes(count: Int): ByteArray {
        val block = ByteArray(count)
        if (readUpTo(block) < count) throw EOFException("the file ends early")
        return block
    }

    private fun readUpTo(block: ByteArray): Int {
        var filled = 0
        while (filled < block.size) {
            val got = input.read(block, filled, block.size - filled)
            if (got < 0) break
            filled += got
        }
        return filled
    }

    companion object {
        /** What writers to a pipe, who cannot go back to the header, put as the size. */
        private const val UNKNOWN_SIZE = 0xFFFFFFFFL
        private const val MAX_FORMAT_BYTES = 64L
        private const val SKIPPED_BYTES = 65_536L
        const val HEADER_BYTES = 12

        /** Whether a file that begins with these bytes is a WAV file. */
        fun recognizes(header: ByteArray): Boolean =
            header.size >= HEADER_BYTES && String(header, 0, 4, Charsets.US_ASCII) == "RIFF" &&
                String(header, 8, 4, Charsets.US_ASCII) == "WAVE"
    }
}
