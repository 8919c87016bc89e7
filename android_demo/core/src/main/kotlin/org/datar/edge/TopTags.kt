package org.datar.edge

/** A label with its score, 0 to 1. */
data class Tag(val label: String, val score: Float)

/**
 * The labels with the highest scores, smoothed over windows so that bars move instead of jump.
 *
 * @param labels of the model, in the order of its scores.
 * @param count tags given.
 * @param smoothing share of the past in a new value, 0 (none) to below 1. Silence counts as 0.
 */
class TopTags(
    private val labels: List<String>,
    private val count: Int = 5,
    private val smoothing: Float = 0.5f,
) {
    private val smoothed = FloatArray(labels.size)
    private var empty = true

    init {
        require(smoothing >= 0f && smoothing < 1f) { "smoothing is $smoothing" }
    }

    /** Takes a window's scores, null for silence, and gives the tags, best first. */
    fun update(scores: FloatArray?): List<Tag> {
        val past = if (empty) 0f else smoothing
        for (index in smoothed.indices) {
            smoothed[index] = past * smoothed[index] + (1 - past) * (scores?.get(index) ?: 0f)
        }
        empty = false
        return smoothed.indices.sortedByDescending { smoothed[it] }.take(count)
            .map { Tag(labels[it], smoothed[it]) }
    }
}
