// Runs a .tflite by the C++ library's own classes: FlatBufferModel, InterpreterBuilder and
// Interpreter, each method below being the C++ method of that name, called through JavaCPP.
// usage: java -cp JARS PlainInterpreter.java MODEL WAVEFORM    (WAVEFORM: raw float32)
// Prints a line "label TAB score" a label; the labels come out of the file too.

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.ZipFile;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;

public class PlainInterpreter {
    private static final int OK = 0;

    public static void main(String[] arguments) throws Exception {
        String[] labels = labels(arguments[0]);
        float[] waveform = floats(Path.of(arguments[1]));
        FlatBufferModel model = FlatBufferModel.BuildFromFile(arguments[0]);
        Interpreter interpreter = new Interpreter((Pointer) null);
        check(new InterpreterBuilder(model, new BuiltinOpResolver()).apply(interpreter), "build");
        check(interpreter.AllocateTensors(), "AllocateTensors");
        interpreter.typed_input_tensor_float(0).put(waveform, 0, waveform.length);
        check(interpreter.Invoke(), "Invoke");
        FloatPointer scores = interpreter.typed_output_tensor_float(0);
        for (int index = 0; index < labels.length; index++) {
            System.out.printf(Locale.ROOT, "%s\t%.9g%n", labels[index], scores.get(index));
        }
    }

    private static String[] labels(String model) throws Exception {
        try (ZipFile archive = new ZipFile(model)) {
            var entry = archive.stream().filter(e -> e.getName().startsWith("labels_")).findFirst();
            byte[] text = archive.getInputStream(entry.orElseThrow()).readAllBytes();
            return new String(text, StandardCharsets.UTF_8).split("\n");
        }
    }

    private static float[] floats(Path path) throws Exception {
        var buffer = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        float[] result = new float[buffer.remaining() / Float.BYTES];
        buffer.asFloatBuffer().get(result);
        return result;
    }

    private static void check(int status, String step) {
        if (status != OK) {
            throw new IllegalStateException(step + " gave status " + status);
        }
    }
}
