package org.datar.edge.demo.sound

import android.content.Context
import android.media.MediaCodec
import android.media.MediaExtractor
import android.media.MediaFormat
import android.net.Uri
import java.io.IOException

/**
 * Reads whatever sound the phone can decode: MP3, AAC, Vorbis, Opus, FLAC, the sound of a film.
 *
 * @throws SoundFileException the file holds no sound, or the phone has no decoder for it
 */
class MediaReader(context: Context, uri: Uri) : SoundReader {
    private val extractor = MediaExtractor()
    private val format: MediaFormat
    private val codec: MediaCodec
    private val info = MediaCodec.BufferInfo()
    private var pcm: DecodedSound
    private var inputEnded = false
    private var outputEnded = false

    override val durationS: Double?

    init {
        try {
            extractor.setDataSource(context, uri, null)
            val track = (0 until extractor.trackCount).firstOrNull { mimeOf(it).startsWith("audio/") }
                ?: throw SoundFileException("the file holds no sound")
            extractor.selectTrack(track)
            format = extractor.getTrackFormat(track)
            durationS = format.longOrNull(MediaFormat.KEY_DURATION)?.let { it / 1e6 }
            pcm = DecodedSound(format)
            codec = MediaCodec.createDecoderByType(mimeOf(track))
        } catch (error: IOException) {
            extractor.release()
            throw SoundFileException("this phone cannot decode the file", error)
        } catch (error: SoundFileException) {
            extractor.release()
            throw error
        }
        start()
    }

    /** Decodes up to the first sound: only then is the rate certain. */
    private fun start() = guarded {
        codec.configure(format, null, null, 0)
        codec.start()
        while (!outputEnded && pcm.isEmpty) step()
    }

    override val sampleRateHz: Int get() = pcm.sampleRateHz

    override fun read(target: FloatArray): Int = guarded {
        while (!outputEnded && pcm.isEmpty) step()
        if (pcm.isEmpty) -1 else pcm.take(target)
    }

    override fun close() {
        codec.release()
        extractor.release()
    }

    private fun step() {
        if (!inputEnded) feed()
        val index = codec.dequeueOutputBuffer(info, TIMEOUT_US)
        if (index == MediaCodec.INFO_OUTPUT_FORMAT_CHANGED) {
            pcm = DecodedSound(codec.outputFormat)
        } else if (index >= 0) {
            codec.getOutputBuffer(index)?.let { pcm.put(it, info) }
            codec.releaseOutputBuffer(index, false)
            outputEnded = info.flags and MediaCodec.BUFFER_FLAG_END_OF_STREAM != 0
        }
    }

    private fun feed() {
        val index = codec.dequeueInputBuffer(TIMEOUT_US)
        val buffer = if (index >= 0) codec.getInputBuffer(index) ?: return else return
        val size = extractor.readSampleData(buffer, 0)
        inputEnded = size < 0
        if (inputEnded) {
            codec.queueInputBuffer(index, 0, 0, 0, MediaCodec.BUFFER_FLAG_END_OF_STREAM)
        } else {
            codec.queueInputBuffer(index, 0, size, extractor.sampleTime, 0)
            extractor.advance()
        }
    }

    private fun mimeOf(track: Int): String =
        extractor.getTrackFormat(track).getString(MediaFormat.KEY_MIME).orEmpty()

    /** MediaCodec's errors are all unchecked. */
    private fun <T> guarded(action: () -> T): T = try {
        action()
    } catch (error: IllegalStateException) {
        close()
        throw SoundFileException("this phone cannot decode the file", error)
    } catch (error: IllegalArgumentException) {
        close()
        throw SoundFileException("this phone cannot decode the file", error)
    }

    private companion object {
        const val TIMEOUT_US = 10_000L
    }
}

private fun MediaFormat.longOrNull(key: String): Long? = if (containsKey(key)) getLong(key) else null
