package org.datar.edge.demo.listen

/** What keeps the app from listening, or ended it. The screen has a sentence for each. */
sealed interface Problem {
    /** The microphone was refused, but may be asked for again. */
    data object MicrophoneRefused : Problem

    /** The microphone was refused, and the system asks no more. */
    data object MicrophoneRefusedForGood : Problem

    data object NoMicrophone : Problem

    /** The device has no app that lets a file be chosen. */
    data object NoFilePicker : Problem

    data object CallGoingOn : Problem

    /** A call or another app needs the sound. */
    data object Interrupted : Problem

    /** Zeros arrive: the system blocks the microphone. Listening goes on. */
    data object SoundBlocked : Problem

    data class NoModel(val engine: String) : Problem

    data class ModelRefused(val reason: String) : Problem

    data class InferenceFailed(val reason: String) : Problem

    data class MicrophoneFailed(val reason: String) : Problem
}
