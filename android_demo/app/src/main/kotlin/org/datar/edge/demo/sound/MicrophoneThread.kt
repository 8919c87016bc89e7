package org.datar.edge.demo.sound

import android.os.Process

/** The microphone cannot be opened or read. */
class MicrophoneException(message: String, cause: Throwable? = null) : Exception(message, cause)

/**
 * Reads the microphone until it is told to stop, and does nothing else that could take time.
 *
 * @param source of `MediaRecorder.AudioSource`
 * @param sink is called on this thread with each block
 * @param onFailure is called on this thread, at most once, as its last act
 */
class MicrophoneThread(
    private val source: Int,
    private val sampleRateHz: Int,
    private val sink: SampleSink,
    private val onFailure: (MicrophoneException) -> Unit,
) : Thread("microphone") {
    @Volatile
    private var stopping = false

    /** Returns at once; the microphone is free a block later. */
    fun stopSoon() {
        stopping = true
    }

    override fun run() {
        Process.setThreadPriority(Process.THREAD_PRIORITY_URGENT_AUDIO)
        try {
            val block = FloatArray(maxOf(1, sampleRateHz * BLOCK_MS / 1000))
            Recorder.open(source, sampleRateHz, block.size).use { recorder -> pump(recorder, block) }
        } catch (error: MicrophoneException) {
            onFailure(error)
        } catch (error: IllegalStateException) {
            onFailure(MicrophoneException("the microphone does not start", error))
        }
    }

    private fun pump(recorder: Recorder, block: FloatArray) {
        recorder.start()
        while (!stopping) {
            val count = recorder.read(block)
            if (count > 0) sink.accept(block, count) else sleep(BLOCK_MS.toLong())
        }
    }

    private companion object {
        const val BLOCK_MS = 20
    }
}
