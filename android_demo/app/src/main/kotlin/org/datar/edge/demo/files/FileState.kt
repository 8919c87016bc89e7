package org.datar.edge.demo.files

/** All that the screen of a sound file shows; never changed, only replaced. */
data class FileState(
    val name: String = "",
    val phase: FilePhase = FilePhase.READING,
    val heardS: Double = 0.0,
    val durationS: Double? = null,
    val tookS: Double = 0.0,
    val segments: List<Segment> = emptyList(),
    val model: String = "",
    val failure: FileFailure? = null,
) {
    /** The share of the file that has been heard, where it is known. */
    val share: Double? get() = durationS?.takeIf { it > 0.0 }?.let { (heardS / it).coerceIn(0.0, 1.0) }
}

enum class FilePhase { READING, DONE, FAILED }

/** Why a file was not heard to its end. */
sealed interface FileFailure {
    data class NoModel(val engine: String) : FileFailure

    data class ModelRefused(val reason: String) : FileFailure

    data class Unreadable(val reason: String) : FileFailure
}
