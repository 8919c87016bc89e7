package org.datar.edge

/** What begins or ends; times are seconds of sound from the start of listening. */
sealed interface EventMessage {
    /** Of the event, counted from 1; its end carries the same. */
    val id: Int
    val label: String
    val startS: Double
}

/** A label begins to be heard; [score] is the highest so far. */
data class EventStart(
    override val id: Int,
    override val label: String,
    override val startS: Double,
    val score: Double,
) : EventMessage

/** A label is not heard any more; [maxScore] is the highest of all. */
data class EventEnd(
    override val id: Int,
    override val label: String,
    override val startS: Double,
    val endS: Double,
    val maxScore: Double,
) : EventMessage
