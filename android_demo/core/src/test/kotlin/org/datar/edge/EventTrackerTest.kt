package org.datar.edge

import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

/** The cases that `datar-edge listen` passes too. */
class EventTrackerTest {
    @Test
    fun tellsWhatDatarEdgeTells() {
        val cases = TestFiles.vectors("events.json").getValue("cases").jsonArray
        assertEquals(true, cases.size >= 30)
        for (case in cases) passes(case.jsonObject)
    }

    @Test
    fun refusesAThresholdThatEveryScoreReaches() {
        assertThrows(IllegalArgumentException::class.java) { EventConfig(startThreshold = 0.0) }
        assertThrows(IllegalArgumentException::class.java) { EventConfig(startThreshold = 0.5, stopThreshold = 0.6) }
        assertThrows(IllegalArgumentException::class.java) { EventConfig(releaseS = -1.0) }
    }

    @Test
    fun aModelsOwnThresholdHoldsForHalfAWindow() {
        val config = EventConfig.of(cardOf(windowSamples = 32_000).copy(threshold = 0.7))
        assertEquals(EventConfig(startThreshold = 0.7, confirmationS = 1.0), config)
    }

    private fun passes(case: JsonObject) {
        val name = case.text("name")
        val labels = case.getValue("labels").jsonArray.map { it.jsonPrimitive.content }
        val tracker = EventTracker(labels, config(case.getValue("config").jsonObject))
        case.getValue("steps").jsonArray.forEachIndexed { number, step ->
            val expected = step.jsonObject.getValue("told").jsonArray.map { message(it.jsonObject) }
            same("$name, step $number", expected, run(tracker, step.jsonObject))
        }
    }

    private fun run(tracker: EventTracker, step: JsonObject): List<EventMessage> = when {
        "window" in step -> tracker.update(window(step.getValue("window").jsonObject))
        "gap" in step -> tracker.gap(step.getValue("gap").jsonObject.number("until_s"))
        "reconfigure" in step -> {
            tracker.reconfigure(config(step.getValue("reconfigure").jsonObject))
            emptyList()
        }
        else -> tracker.finish().also { check("finish" in step) { "unknown step $step" } }
    }

    private fun window(json: JsonObject) = WindowScores(
        startS = json.number("start_s"),
        endS = json.number("end_s"),
        paddedS = json.number("padded_s"),
        levelDbfs = 0.0,
        scores = json.getValue("scores").takeIf { it != JsonNull }?.jsonArray
            ?.map { it.jsonPrimitive.double.toFloat() }?.toFloatArray(),
    )

    private fun config(json: JsonObject): EventConfig = EventConfig(
        startThreshold = json.number("start_threshold"),
        stopThreshold = json.getValue("stop_threshold").takeIf { it != JsonNull }?.jsonPrimitive?.double,
        smoothingS = json.number("smoothing_s"),
        confirmationS = json.number("confirmation_s"),
        minDurationS = json.number("min_duration_s"),
        releaseS = json.number("release_s"),
        marginBeforeS = json.number("margin_before_s"),
        marginAfterS = json.number("margin_after_s"),
        cooldownS = json.number("cooldown_s"),
        labels = json.getValue("labels").jsonObject.mapValues { config(it.value.jsonObject) },
    )

    private fun message(json: JsonObject): EventMessage {
        val (id, label) = json.getValue("id").jsonPrimitive.int to json.text("label")
        val startS = json.number("start_s")
        return when (json.text("type")) {
            "event_start" -> EventStart(id, label, startS, json.number("score"))
            else -> EventEnd(id, label, startS, json.number("end_s"), json.number("max_score"))
        }
    }

    private fun same(where: String, expected: List<EventMessage>, told: List<EventMessage>) {
        assertEquals(where, expected.map(::names), told.map(::names))
        for ((one, other) in expected.map(::numbers).flatten() zip told.map(::numbers).flatten()) {
            assertEquals(where, one, other, ROUNDED_TO)
        }
    }

    private fun names(message: EventMessage) = listOf(message.javaClass, message.id, message.label)

    private fun numbers(message: EventMessage): List<Double> = when (message) {
        is EventStart -> listOf(message.startS, message.score)
        is EventEnd -> listOf(message.startS, message.endS, message.maxScore)
    }

    private fun JsonObject.number(name: String): Double = getValue(name).jsonPrimitive.double

    private fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

    private companion object {
        /** The file has nine digits. */
        const val ROUNDED_TO = 1e-9
    }
}
