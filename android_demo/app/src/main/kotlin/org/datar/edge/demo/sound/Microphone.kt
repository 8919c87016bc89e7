package org.datar.edge.demo.sound

import android.media.AudioManager

/** What a live source of sound tells; sound and failures come on a thread of its own. */
interface SoundListener : SampleSink {
    fun onFailure(error: MicrophoneException)

    /** A call or another app needs the sound; on the main thread. */
    fun onInterruption()
}

/** A live sound. Call it on the main thread; nothing waits. */
interface SoundSource {
    /** Begins; false if a call forbids it. */
    fun start(): Boolean

    fun stop()
}

/** The phone's microphone, at the model's rate and with the least processing that the phone offers. */
class Microphone(audio: AudioManager, sampleRateHz: Int, listener: SoundListener) : SoundSource {
    private val interruptions = Interruptions(audio, listener::onInterruption)
    private val thread =
        MicrophoneThread(leastProcessedSource(audio::getProperty), sampleRateHz, listener, listener::onFailure)

    override fun start(): Boolean = interruptions.begin().also { if (it) thread.start() }

    override fun stop() {
        thread.stopSoon()
        interruptions.end()
    }
}
