package org.datar.edge.demo.sound

import android.media.AudioManager
import android.media.MediaRecorder

/**
 * The source of least processing: a phone's gain control and noise suppression would take away what
 * the model listens for. Where `UNPROCESSED` is missing, the one for speech recognition has both off.
 *
 * @param property tells what the phone says of itself, as `AudioManager.getProperty` does
 */
fun leastProcessedSource(property: (String) -> String?): Int =
    if (property(AudioManager.PROPERTY_SUPPORT_AUDIO_SOURCE_UNPROCESSED) == "true") {
        MediaRecorder.AudioSource.UNPROCESSED
    } else {
        MediaRecorder.AudioSource.VOICE_RECOGNITION
    }
