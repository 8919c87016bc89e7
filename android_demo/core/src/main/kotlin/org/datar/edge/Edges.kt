package org.datar.edge

/**
 * Holds a model's input and main output to its card.
 *
 * @throws CardException they contradict each other.
 */
fun ModelCard.checkEdges(name: String, input: IntArray, output: IntArray) {
    val takes = intArrayOf(1, windowSamples)
    val gives = intArrayOf(1, labels.size)
    if (!input.contentEquals(takes)) {
        throw CardException("$name takes ${input.asList()}, its card says ${takes.asList()}.")
    }
    if (!output.contentEquals(gives)) {
        throw CardException("$name gives ${output.asList()}, its card says ${gives.asList()}.")
    }
}

/**
 * The output of a TFLite file's signature that holds the main head's scores.
 *
 * Outputs are named output_0, output_1… in the model's order; the order in the graph is the
 * converter's.
 */
fun mainOutput(signatureOutputs: Iterable<String>): String? =
    signatureOutputs.minByOrNull { it.substringAfterLast('_').toIntOrNull() ?: 0 }
