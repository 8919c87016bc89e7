package org.datar.edge.demo.sound

import android.media.AudioAttributes
import android.media.AudioFocusRequest
import android.media.AudioManager
import android.os.Handler
import android.os.Looper

/**
 * Tells when listening has to give way to a call or to another app that plays.
 *
 * Call everything on the main thread.
 *
 * @param onInterruption is called on the main thread
 */
class Interruptions(private val audio: AudioManager, private val onInterruption: () -> Unit) {
    private val focus = AudioFocusRequest.Builder(AudioManager.AUDIOFOCUS_GAIN_TRANSIENT_EXCLUSIVE)
        .setAudioAttributes(AudioAttributes.Builder().setUsage(AudioAttributes.USAGE_MEDIA).build())
        .setOnAudioFocusChangeListener(::onFocusChange, Handler(Looper.getMainLooper()))
        .build()

    /** Asks the others to be quiet; false during a call. */
    fun begin(): Boolean {
        val calling = audio.mode == AudioManager.MODE_IN_CALL || audio.mode == AudioManager.MODE_IN_COMMUNICATION
        return !calling && audio.requestAudioFocus(focus) == AudioManager.AUDIOFOCUS_REQUEST_GRANTED
    }

    /** Lets others play again. */
    fun end() {
        audio.abandonAudioFocusRequest(focus)
    }

    /** A notification's chime, which only asks for lower volume, stops nothing. */
    private fun onFocusChange(change: Int) {
        if (change == AudioManager.AUDIOFOCUS_LOSS || change == AudioManager.AUDIOFOCUS_LOSS_TRANSIENT) {
            onInterruption()
        }
    }
}
