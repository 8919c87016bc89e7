package org.datar.edge.demo.listen

import org.datar.edge.HeardWindow

/** Smooths the time that windows take. Silence, which is not scored, leaves it as it is. */
internal class FigureMeter(private val hopS: Double) {
    private var inferenceMs = 0.0

    fun update(heard: HeardWindow): Figures {
        if (heard.window.scores != null) {
            val past = if (inferenceMs == 0.0) 0.0 else PAST_SHARE
            inferenceMs = past * inferenceMs + (1.0 - past) * heard.inferenceMs
        }
        return Figures(inferenceMs, inferenceMs / (1000.0 * hopS), heard.droppedS)
    }

    private companion object {
        const val PAST_SHARE = 0.7
    }
}
