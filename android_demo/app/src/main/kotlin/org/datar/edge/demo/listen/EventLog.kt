package org.datar.edge.demo.listen

import org.datar.edge.EventConfig
import org.datar.edge.EventEnd
import org.datar.edge.EventMessage
import org.datar.edge.EventStart
import org.datar.edge.EventTracker
import org.datar.edge.ModelCard
import org.datar.edge.WindowScores

/** The events of a run, the newest first; a long run forgets its oldest. */
internal class EventLog(card: ModelCard, threshold: Double) {
    private val tracker = EventTracker(card.labels, EventConfig.of(card, threshold))
    private var events = emptyList<HeardEvent>()

    fun update(window: WindowScores): List<HeardEvent> = noted(tracker.update(window))

    /** Ends what goes on. */
    fun finish(): List<HeardEvent> = noted(tracker.finish())

    private fun noted(messages: List<EventMessage>): List<HeardEvent> {
        messages.forEach { events = with(it).take(KEPT) }
        return events
    }

    private fun with(message: EventMessage): List<HeardEvent> = when (message) {
        is EventStart -> listOf(
            HeardEvent(message.id, message.label, message.startS, null, message.score.toFloat()),
        ) + events
        is EventEnd -> events.map {
            if (it.id == message.id) it.copy(endS = message.endS, score = message.maxScore.toFloat()) else it
        }
    }

    private companion object {
        const val KEPT = 200
    }
}
