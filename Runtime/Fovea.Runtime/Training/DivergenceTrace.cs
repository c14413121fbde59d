using Fovea.CompilerServices;
using Fovea.Devices;
using Fovea.Model;

namespace Fovea.Training;

/// <summary>
/// Finds where a step left the numbers, in the order in which a step computes: weights, input, the layers forward, losses, gradients in the
/// order in which backward finishes them.
/// </summary>
internal static class DivergenceTrace
{
    private const int Chunk = 1 << 16;

    /// <summary>Repeats the step of a session, which it uses up: all its layers are observed from then on.</summary>
    /// <param name="detector">With the weights from before the step.</param>
    /// <param name="session">With the step's batch.</param>
    /// <returns>What the repeated step measured, and the first that is not finite, in words.</returns>
    public static (StepResult Result, string Origin) Find(Detector detector, TrainingSession session)
    {
        string? layer = null;
        foreach (var name in detector.Description.Layers)
        {
            session.Tap(name, (observed, values, _) =>
            {
                var index = layer is null ? FirstBad(values) : -1;
                layer = index < 0 ? layer : $"the output of {observed} ({Count(values)} of {values.Length} values, the first {Text(values[index])})";
            });
        }

        var weights = FirstBadTensor(detector);
        var input = session.ReadInput();
        var result = session.ForwardBackward();
        return (result, weights is not null ? $"the weights: {weights}"
            : FirstBad(input) >= 0 ? $"the input: a pixel is {Text(input[FirstBad(input)])} after normalisation"
            : layer ?? Loss(session) ?? Gradient(detector, session) ?? Rest(result));
    }

    /// <summary>The first parameter or statistic that is no finite number, in words; null where there is none.</summary>
    public static string? FirstBadTensor(Detector detector)
    {
        var description = detector.Description;
        return FirstBadTensor(detector, StateBuffer.Parameters, description.ParameterLength)
            ?? FirstBadTensor(detector, StateBuffer.Statistics, description.StatisticsLength);
    }

    private static string? FirstBadTensor(Detector detector, StateBuffer buffer, int length)
    {
        var part = new float[Math.Min(Chunk, length)];
        for (var start = 0; start < length; start += Chunk)
        {
            var values = part.AsSpan(0, Math.Min(Chunk, length - start));
            detector.Model.Read(buffer, start, values);
            if (FirstBad(values) is >= 0 and var index)
            {
                var offset = start + index;
                var tensor = Array.Find(
                    detector.Description.Tensors,
                    t => DetectorState.BufferOf(t) == buffer && offset >= t.Offset && offset < t.Offset + t.Length);
                return $"{tensor?.Key ?? buffer.ToString()} has {Text(values[index])}";
            }
        }

        return null;
    }

    private static string? Loss(TrainingSession session)
    {
        var (classification, box) = session.ReadLossTerms();
        return FirstBad(classification) is >= 0 and var c ? $"the classification loss of level {c} (0 is the finest)"
            : FirstBad(box) is >= 0 and var b ? $"the box loss of level {b} (0 is the finest)"
            : null;
    }

    private static string? Gradient(Detector detector, TrainingSession session)
    {
        // Gradients lie in the order in which backward finishes them.
        foreach (var tensor in detector.Description.Tensors.Where(t => t.Storage == TensorStorage.Trainable).OrderBy(t => t.Offset))
        {
            var gradient = session.ReadGradient(tensor.Key);
            if (FirstBad(gradient) is >= 0 and var index)
            {
                return $"the gradient of {tensor.Key} ({Count(gradient)} of {gradient.Length} values, the first {Text(gradient[index])})";
            }
        }

        return null;
    }

    private static string Rest(in StepResult result) => result.IsFinite
        ? "nothing, when the step was repeated"
        : "the gradient's norm, whose square is beyond the numbers";

    private static int FirstBad(ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static int Count(ReadOnlySpan<float> values)
    {
        var count = 0;
        foreach (var value in values)
        {
            count += float.IsFinite(value) ? 0 : 1;
        }

        return count;
    }

    private static string Text(float value) => FormattableString.Invariant($"{value}");
}
