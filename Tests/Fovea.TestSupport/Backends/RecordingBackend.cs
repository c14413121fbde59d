using Fovea.CompilerServices;
using static Fovea.TestSupport.RecordedOperand;

namespace Fovea.TestSupport;

/// <summary>
/// A backend without memory: it writes down every call with its operands' shapes and ranges, in order, and computes nothing.
/// Reading gives zeros.
/// It proves that generated code knows nothing of a device, and shows what that code does.
/// </summary>
/// <param name="log">Receives the calls.</param>
public readonly struct RecordingBackend(RecordingLog log) : IBackend
{
    // ---- convolution ----

    /// <inheritdoc/>
    public void Conv(PyramidMap x, in ConvParameters w, PyramidMap y) => Record(nameof(Conv), Macs(w, y), In("x", x), In(w), Out("y", y));

    /// <inheritdoc/>
    public void ConvRelu(PyramidMap x, in ConvParameters w, PyramidMap y) =>
        Record(nameof(ConvRelu), Macs(w, y), In("x", x), In(w), Out("y", y));

    /// <inheritdoc/>
    public void ConvAdd(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y) =>
        Record(nameof(ConvAdd), Macs(w, y), In("x", x), In(w), In("residual", residual), Out("y", y));

    /// <inheritdoc/>
    public void ConvAddRelu(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y) =>
        Record(nameof(ConvAddRelu), Macs(w, y), In("x", x), In(w), In("residual", residual), Out("y", y));

    /// <inheritdoc/>
    public void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y) =>
        Record(nameof(ConvUpsampleAdd), Macs(w, y), In("x", x), In(w), In("top", top), Out("y", y));

    /// <inheritdoc/>
    public void ConvBackwardWeights(PyramidMap x, in ConvParameters w, PyramidMap dy, in ConvGradients d) =>
        Record(nameof(ConvBackwardWeights), Macs(w, dy), In("x", x), Shape(w), In("dy", dy), Out(w, d));

    /// <inheritdoc/>
    public void ConvBackwardData(
        in ConvParameters w, PyramidMap dy, PyramidMap dx, PyramidMap mask = default, PyramidMap accumulate = default) =>
        Record(
            nameof(ConvBackwardData),
            Macs(w, dy), In(w), In("dy", dy), Out("dx", dx), In("mask", mask), In("accumulate", accumulate));

    /// <inheritdoc/>
    public void ConvBackward(
        PyramidMap x,
        in ConvParameters w,
        PyramidMap dy,
        in ConvGradients d,
        PyramidMap dx,
        PyramidMap mask = default,
        PyramidMap accumulate = default) =>
        Record(
            nameof(ConvBackward),
            2 * Macs(w, dy), In("x", x), In(w), In("dy", dy), Out(w, d), Out("dx", dx), In("mask", mask), In("accumulate", accumulate));

    // ---- normalisation folded into weights ----

    /// <inheritdoc/>
    public void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded) =>
        Record(nameof(FoldBatchNorm), 0, In(w), In(norm), Reading("", Running(norm)), Out("folded", folded));

    /// <inheritdoc/>
    public void FoldBatchNormBackward(in ConvParameters w, in NormParameters norm, in ConvGradients d, in NormGradients dnorm)
    {
        var folded = new RecordedRange(RecordedBuffer.Gradients, d.Weight, w.WeightLength);
        var scale = new RecordedRange(RecordedBuffer.Gradients, dnorm.Scale, norm.Channels);
        var shift = new RecordedRange(RecordedBuffer.Gradients, dnorm.Shift, norm.Channels);
        Record(
            nameof(FoldBatchNormBackward),
            0,
            In(w),
            In(norm),
            Reading("", Running(norm)),
            new RecordedOperand("dw", [folded], [folded]),
            dnorm.Scale < 0 ? Note($"") : new RecordedOperand("dγβ", [shift], [scale]));
    }

    // ---- normalisation of activations ----

    /// <inheritdoc/>
    public void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        RecordNorm(nameof(BatchNorm), x, p, stats, default, y);

    /// <inheritdoc/>
    public void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        RecordNorm(nameof(BatchNormRelu), x, p, stats, default, y);

    /// <inheritdoc/>
    public void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        RecordNorm(nameof(BatchNormAddRelu), x, p, stats, residual, y);

    /// <inheritdoc/>
    public void BatchNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        RecordNormBackward(nameof(BatchNormBackward), x, p, stats, default, dy, d, dx);

    /// <inheritdoc/>
    public void BatchNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        RecordNormBackward(nameof(BatchNormReluBackward), x, p, stats, y, dy, d, dx);

    /// <inheritdoc/>
    public void GroupNorm(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        RecordNorm(nameof(GroupNorm), x, p, stats, default, y);

    /// <inheritdoc/>
    public void GroupNormRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        RecordNorm(nameof(GroupNormRelu), x, p, stats, default, y);

    /// <inheritdoc/>
    public void GroupNormAddRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y) =>
        RecordNorm(nameof(GroupNormAddRelu), x, p, stats, residual, y);

    /// <inheritdoc/>
    public void GroupNormBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        RecordNormBackward(nameof(GroupNormBackward), x, p, stats, default, dy, d, dx);

    /// <inheritdoc/>
    public void GroupNormReluBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        RecordNormBackward(nameof(GroupNormReluBackward), x, p, stats, y, dy, d, dx);

    // ---- pointwise and spatial ----

    /// <inheritdoc/>
    public void Relu(PyramidMap x, PyramidMap y) => Record(nameof(Relu), 0, In("x", x), Out("y", y));

    /// <inheritdoc/>
    public void ReluBackward(PyramidMap y, PyramidMap dy, PyramidMap dx, PyramidMap accumulate = default) =>
        Record(nameof(ReluBackward), 0, In("y", y), In("dy", dy), Out("dx", dx), In("accumulate", accumulate));

    /// <inheritdoc/>
    public void Add(PyramidMap a, PyramidMap b, PyramidMap y) => Record(nameof(Add), 0, In("a", a), In("b", b), Out("y", y));

    /// <inheritdoc/>
    public void MaxPool(FeatureMap x, FeatureMap y) => Record(nameof(MaxPool), 0, In("x", x), Out("y", y));

    /// <inheritdoc/>
    public void MaxPoolBackward(FeatureMap x, FeatureMap y, FeatureMap dy, FeatureMap dx) =>
        Record(nameof(MaxPoolBackward), 0, In("x", x), In("y", y), In("dy", dy), Out("dx", dx));

    /// <inheritdoc/>
    public void UpsampleBackward(FeatureMap dy, FeatureMap dtop, FeatureMap accumulate = default) =>
        Record(nameof(UpsampleBackward), 0, In("dy", dy), Out("dtop", dtop), In("accumulate", accumulate));

    // ---- anchors, matching, losses ----

    /// <inheritdoc/>
    public void GenerateAnchors(ReadOnlySpan<AnchorLevel> levels, int canvasHeight, int canvasWidth, AnchorMap anchors) =>
        Record(nameof(GenerateAnchors), 0, Note($"{canvasHeight}x{canvasWidth}"), Writing(Describe(anchors), RangeOf(anchors)));

    /// <inheritdoc/>
    public void MatchAnchors(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches)
    {
        var boxes = (long)truth.Images * truth.Capacity;
        List<RecordedOperand> operands =
        [
            Reading(Describe(anchors), RangeOf(anchors)),
            Reading($"truth[{truth.Images},{truth.Capacity}]", Arena(truth.Boxes, 4 * boxes), Arena(truth.Counts, truth.Images)),
            Writing($"matches[{matches.Images},{matches.Anchors}]", RangeOf(matches)),
        ];
        operands.Add(Writing("weights,foreground", Arena(truth.LossWeights, truth.Images), Arena(truth.Foreground, truth.Images)));
        if (rule.Normalizer == LossNormalizer.RunningForeground)
        {
            var state = new RecordedRange(RecordedBuffer.Statistics, rule.NormalizerState, 1);
            operands.Add(new RecordedOperand("normalizer", [state], [state]));
        }

        Record(nameof(MatchAnchors), 0, operands.ToArray());
    }

    /// <inheritdoc/>
    public void FocalLoss(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits) => Record(
        nameof(FocalLoss),
        0,
        In("logits", logits),
        Reading($"matches[{matches.Images},{matches.Anchors}]", RangeOf(matches)),
        Reading(
            $"classes[{truth.Images},{truth.Capacity}]",
            Arena(truth.Classes, (long)truth.Images * truth.Capacity),
            Arena(truth.LossWeights, truth.Images)),
        Note($"α{rule.Alpha} γ{rule.Gamma} K{rule.Classes}"),
        Writing("loss", Arena(loss.Offset, loss.Levels)),
        Out("dlogits", dlogits));

    /// <inheritdoc/>
    public void BoxLoss(
        PyramidMap deltas,
        AnchorMap anchors,
        MatchMap matches,
        GroundTruthMap truth,
        in BoxLossRule rule,
        LossTerm loss,
        PyramidMap ddeltas) =>
        Record(
            nameof(BoxLoss),
            0,
            In("deltas", deltas),
            Reading(Describe(anchors), RangeOf(anchors)),
            Reading($"matches[{matches.Images},{matches.Anchors}]", RangeOf(matches)),
            Reading(
                $"truth[{truth.Images},{truth.Capacity}]",
                Arena(truth.Boxes, 4L * truth.Images * truth.Capacity),
                Arena(truth.LossWeights, truth.Images)),
            Note($"{rule.Kind}"),
            Writing("loss", Arena(loss.Offset, loss.Levels)),
            Out("ddeltas", ddeltas));

    /// <inheritdoc/>
    public void FocalLossStar(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalStarRule rule, LossTerm loss, PyramidMap dlogits) => Record(
        nameof(FocalLossStar),
        0,
        In("logits", logits),
        Reading($"matches[{matches.Images},{matches.Anchors}]", RangeOf(matches)),
        Reading(
            $"classes[{truth.Images},{truth.Capacity}]",
            Arena(truth.Classes, (long)truth.Images * truth.Capacity),
            Arena(truth.LossWeights, truth.Images)),
        Note($"γ{rule.Gamma} β{rule.Beta} K{rule.Classes}"),
        Writing("loss", Arena(loss.Offset, loss.Levels)),
        Out("dlogits", dlogits));

    /// <inheritdoc/>
    public void SelectHardExamples(
        PyramidMap logits,
        PyramidMap deltas,
        AnchorMap anchors,
        MatchMap matches,
        GroundTruthMap truth,
        in HardExampleRule rule,
        in BoxLossRule boxLoss,
        MatchMap selected) =>
        Record(
            nameof(SelectHardExamples),
            0,
            In("logits", logits),
            In("deltas", deltas),
            Reading(Describe(anchors), RangeOf(anchors)),
            Reading($"matches[{matches.Images},{matches.Anchors}]", RangeOf(matches)),
            Reading(
                $"truth[{truth.Images},{truth.Capacity}]",
                Arena(truth.Boxes, 4L * truth.Images * truth.Capacity),
                Arena(truth.Classes, (long)truth.Images * truth.Capacity)),
            Note($"B{rule.BatchSize} IoU{rule.NmsIoU} 1:{rule.PositiveRatio} K{rule.Classes} {boxLoss.Kind}"),
            Writing($"selected[{selected.Images},{selected.Anchors}]", RangeOf(selected)),
            Writing("weights", Arena(truth.LossWeights, truth.Images)));

    // ---- detection ----

    /// <inheritdoc/>
    public void SelectCandidates(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates) => Record(
        nameof(SelectCandidates),
        0,
        In("logits", logits),
        In("deltas", deltas),
        Reading(Describe(anchors), RangeOf(anchors)),
        Note($"score>{rule.ScoreThreshold} top{rule.TopK}"),
        Reading("", Arena(candidates.ImageSizes, 2L * candidates.Images)),
        Writing(Describe(candidates), RangesOf(candidates)));

    /// <inheritdoc/>
    public void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections)
    {
        var places = (long)detections.Images * detections.Capacity;
        Record(
            nameof(SuppressNonMaxima),
            0,
            Reading(Describe(candidates), RangesOf(candidates)),
            Note($"iou>{rule.NmsIoU} max{rule.MaxDetections}"),
            Writing(
                $"detections[{detections.Images},{detections.Capacity}]",
                Arena(detections.Boxes, 4 * places),
                Arena(detections.Scores, places),
                Arena(detections.Classes, places),
                Arena(detections.Counts, detections.Images)));
    }

    // ---- optimiser ----

    /// <summary>Records the call; there are no gradients, so their norm is 0.</summary>
    public double GradientNorm(ParameterRange range)
    {
        Record(nameof(GradientNorm), 0, Reading($"g[{range.Length}]", Run(RecordedBuffer.Gradients, range)));
        return 0;
    }

    /// <inheritdoc/>
    public void ScaleGradients(ParameterRange range, float factor)
    {
        RecordedRange[] g = [Run(RecordedBuffer.Gradients, range)];
        Record(nameof(ScaleGradients), 0, new RecordedOperand($"g[{range.Length}]", g, g), Note($"·{factor}"));
    }

    /// <inheritdoc/>
    public void AccumulateGradients(ParameterRange range, bool first)
    {
        RecordedRange[] sums = [Run(RecordedBuffer.GradientSums, range)];
        var g = Reading($"g[{range.Length}]", Run(RecordedBuffer.Gradients, range));
        Record(nameof(AccumulateGradients), 0, g, new RecordedOperand(first ? "Σ" : "Σ+=", first ? [] : sums, sums));
    }

    /// <inheritdoc/>
    public void MeanGradients(ParameterRange range, int batches)
    {
        RecordedRange[] g = [Run(RecordedBuffer.Gradients, range)];
        var sums = Reading($"Σ[{range.Length}]", Run(RecordedBuffer.GradientSums, range));
        Record(nameof(MeanGradients), 0, sums, new RecordedOperand($"g[{range.Length}]", g, g), Note($"/{batches}"));
    }

    /// <inheritdoc/>
    public void SgdStep(ParameterRange range, in SgdRule rule) => RecordStep(
        nameof(SgdStep),
        range,
        Note($"η{rule.LearningRate} μ{rule.Momentum} λ{rule.WeightDecay}"),
        Note($"{(rule.Nesterov ? "nesterov" : "")}"));

    /// <inheritdoc/>
    public void AdamStep(ParameterRange range, in AdamRule rule) => RecordStep(
        nameof(AdamStep),
        range,
        Note($"η{rule.LearningRate} β{rule.Beta1},{rule.Beta2} λ{rule.WeightDecay}"),
        Note($"{(rule.Decoupled ? "decoupled " : "")}{(rule.AmsGrad ? "amsgrad " : "")}t{rule.Step}"));

    /// <inheritdoc/>
    public void AverageParameters(ParameterRange range, float rate) =>
        RecordAverage(nameof(AverageParameters), RecordedBuffer.Parameters, RecordedBuffer.AveragedParameters, range, rate);

    /// <inheritdoc/>
    public void AverageStatistics(ParameterRange range, float rate) =>
        RecordAverage(nameof(AverageStatistics), RecordedBuffer.Statistics, RecordedBuffer.AveragedStatistics, range, rate);

    // ---- observation ----

    /// <inheritdoc/>
    public void Tap(string layer, FeatureMap value) => Record(nameof(Tap), 0, In(layer, value));

    private static long Macs(in ConvParameters w, PyramidMap y)
    {
        long cells = 0;
        for (var level = 0; level < y.Levels; level++)
        {
            cells += y[level].Cells;
        }

        return cells * w.WeightLength;
    }

    /// <summary>Weights whose shape matters and whose values are not read.</summary>
    private static RecordedOperand Shape(in ConvParameters w) => In(w) with { Reads = [] };

    private static string Describe(AnchorMap anchors) => $"anchors[{anchors.Count},4]";

    private static string Describe(CandidateMap candidates) => $"candidates[{candidates.Images},{candidates.Capacity}]";

    private static RecordedRange RangeOf(AnchorMap anchors) => Arena(anchors.Offset, 4L * anchors.Count);

    private static RecordedRange RangeOf(MatchMap matches) => Arena(matches.Offset, (long)matches.Images * matches.Anchors);

    private static RecordedRange Run(RecordedBuffer buffer, ParameterRange range) => new(buffer, range.Offset, range.Length);

    private static RecordedRange[] RangesOf(CandidateMap candidates)
    {
        var places = (long)candidates.Images * candidates.Capacity;
        return
        [
            Arena(candidates.Boxes, 4 * places), Arena(candidates.Scores, places), Arena(candidates.Classes, places),
            Arena(candidates.Counts, candidates.Images),
        ];
    }

    private void RecordNorm(string op, PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y) =>
        Record(
        op, 0, In("x", x), In(p), Out(stats), new RecordedOperand("", Running(p), Running(p)), In("residual", residual), Out("y", y));

    private void RecordNormBackward(
        string op,
        PyramidMap x,
        in NormParameters p,
        NormStatisticsMap stats,
        PyramidMap y,
        PyramidMap dy,
        in NormGradients d,
        PyramidMap dx) =>
        Record(op, 0, In("x", x), In(p), In(stats), In("y", y), In("dy", dy), Out(p.Channels, d), Out("dx", dx));

    private void RecordStep(string op, ParameterRange range, RecordedOperand rule, RecordedOperand flags)
    {
        RecordedRange[] p = [Run(RecordedBuffer.Parameters, range)];
        var g = Reading($"g[{range.Length}]", Run(RecordedBuffer.Gradients, range));
        Record(op, 0, g, new RecordedOperand($"p[{range.Length}]", p, p), rule, flags);
    }

    private void RecordAverage(string op, RecordedBuffer values, RecordedBuffer averages, ParameterRange range, float rate)
    {
        RecordedRange[] a = [Run(averages, range)];
        Record(op, 0, Reading($"w[{range.Length}]", Run(values, range)), new RecordedOperand($"a[{range.Length}]", a, a), Note($"·{rate}"));
    }

    private void Record(string op, long macs, params ReadOnlySpan<RecordedOperand> operands)
    {
        var text = op;
        var reads = new List<RecordedRange>();
        var writes = new List<RecordedRange>();
        foreach (var operand in operands)
        {
            text += operand.Text.Length > 0 ? " " + operand.Text : "";
            reads.AddRange(operand.Reads);
            writes.AddRange(operand.Writes);
        }

        log.Add(new RecordedCall(op, text, reads, writes, macs));
    }
}
