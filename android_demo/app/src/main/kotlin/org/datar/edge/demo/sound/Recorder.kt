package org.datar.edge.demo.sound

import android.annotation.SuppressLint
import android.annotation.TargetApi
import android.media.AudioFormat
import android.media.AudioManager.AudioRecordingCallback
import android.media.AudioRecord
import android.media.AudioRecordingConfiguration
import android.os.Build

/** The microphone in one encoding; hands out mono samples, -1 to 1. */
internal class Recorder private constructor(
    private val record: AudioRecord,
    private val encoding: Int,
    blockSamples: Int,
) : AutoCloseable {
    private val shorts = ShortArray(if (encoding == AudioFormat.ENCODING_PCM_16BIT) blockSamples else 0)

    @Volatile
    private var silenced = false

    fun start() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) noticeSilencing()
        record.startRecording()
        if (record.recordingState != AudioRecord.RECORDSTATE_RECORDING) {
            throw MicrophoneException("another app holds the microphone")
        }
    }

    /** Waits for the next block and returns how many samples of [block] it filled. */
    fun read(block: FloatArray): Int {
        val count = when (encoding) {
            AudioFormat.ENCODING_PCM_FLOAT -> record.read(block, 0, block.size, AudioRecord.READ_BLOCKING)
            else -> readShorts(block)
        }
        if (silenced) throw MicrophoneException("another app has taken the microphone")
        if (count < 0) throw MicrophoneException("reading the microphone failed with code $count")
        return count
    }

    override fun close() = record.release()

    /** While another app records, the system hands this one zeros, which are no silence to report. */
    @TargetApi(Build.VERSION_CODES.Q)
    private fun noticeSilencing() {
        val callback = object : AudioRecordingCallback() {
            override fun onRecordingConfigChanged(configurations: List<AudioRecordingConfiguration>) {
                silenced = configurations.any { it.isClientSilenced }
            }
        }
        record.registerAudioRecordingCallback(Runnable::run, callback)
    }

    private fun readShorts(block: FloatArray): Int {
        val count = record.read(shorts, 0, block.size, AudioRecord.READ_BLOCKING)
        for (index in 0 until count) block[index] = shorts[index] / 32_768f
        return count
    }

    companion object {
        /** Floats first: the converters of many phones hold more than 16 bits. */
        private val ENCODINGS = listOf(AudioFormat.ENCODING_PCM_FLOAT, AudioFormat.ENCODING_PCM_16BIT)
        private const val BUFFER_S = 1

        /**
         * Opens the microphone at the model's rate.
         *
         * @throws MicrophoneException the phone cannot
         */
        fun open(source: Int, sampleRateHz: Int, blockSamples: Int): Recorder =
            ENCODINGS.firstNotNullOfOrNull { open(source, sampleRateHz, it, blockSamples) }
                ?: throw MicrophoneException("the microphone does not open at $sampleRateHz Hz")

        @SuppressLint("MissingPermission") // Asked for by the activity; a refusal throws and is told.
        private fun open(source: Int, sampleRateHz: Int, encoding: Int, blockSamples: Int): Recorder? {
            val channels = AudioFormat.CHANNEL_IN_MONO
            val leastBytes = AudioRecord.getMinBufferSize(sampleRateHz, channels, encoding)
            if (leastBytes <= 0) return null
            val bytes = maxOf(leastBytes, BUFFER_S * sampleRateHz * bytesOf(encoding))
            val record = try {
                AudioRecord(source, sampleRateHz, channels, encoding, bytes)
            } catch (error: IllegalArgumentException) {
                return null
            } catch (error: SecurityException) {
                throw MicrophoneException("the microphone is not allowed", error)
            }
            if (record.state == AudioRecord.STATE_INITIALIZED) return Recorder(record, encoding, blockSamples)
            record.release()
            return null
        }

        private fun bytesOf(encoding: Int): Int =
            if (encoding == AudioFormat.ENCODING_PCM_FLOAT) Float.SIZE_BYTES else Short.SIZE_BYTES
    }
}
