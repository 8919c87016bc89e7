package org.datar.edge.demo.sound

/** Takes mono samples, -1 to 1. */
fun interface SampleSink {
    /** Takes the first [count] of [samples], which are the caller's: copy what is to be kept. */
    fun accept(samples: FloatArray, count: Int)
}
