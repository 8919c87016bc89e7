package org.datar.edge

import org.junit.Assert.assertEquals
import org.junit.Test

class TopTagsTest {
    private val labels = listOf("a", "b", "c")

    @Test
    fun givesTheBestFirst() {
        val tags = TopTags(labels, count = 2).update(floatArrayOf(0.1f, 0.7f, 0.2f))
        assertEquals(listOf(Tag("b", 0.7f), Tag("c", 0.2f)), tags)
    }

    @Test
    fun movesHalfWayWithEachWindow() {
        val top = TopTags(labels, count = 1, smoothing = 0.5f)
        top.update(floatArrayOf(0.8f, 0f, 0f))
        assertEquals(Tag("a", 0.4f), top.update(null).single())
        assertEquals(Tag("b", 0.5f), top.update(floatArrayOf(0f, 1f, 0f)).single())
    }

    @Test
    fun fewerLabelsThanBars() = assertEquals(3, TopTags(labels, count = 5).update(null).size)
}
