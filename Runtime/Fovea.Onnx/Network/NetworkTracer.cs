using Fovea.CompilerServices;

namespace Fovea.Onnx.Network;

/// <summary>
/// A backend that computes nothing: of each operator that generated code calls in detection it notes what is computed from what, level by
/// level, with what was fused taken apart.
/// </summary>
/// <param name="log">Receives the operators.</param>
internal readonly partial struct NetworkTracer(TraceLog log) : IBackend
{
    // ---- convolution ----

    /// <inheritdoc/>
    public void Conv(PyramidMap x, in ConvParameters w, PyramidMap y) => Convolve(x, w, default, relu: false, y);

    /// <inheritdoc/>
    public void ConvRelu(PyramidMap x, in ConvParameters w, PyramidMap y) => Convolve(x, w, default, relu: true, y);

    /// <inheritdoc/>
    public void ConvAdd(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y) => Convolve(x, w, residual, relu: false, y);

    /// <inheritdoc/>
    public void ConvAddRelu(PyramidMap x, in ConvParameters w, PyramidMap residual, PyramidMap y) =>
        Convolve(x, w, residual, relu: true, y);

    /// <inheritdoc/>
    public void ConvUpsampleAdd(FeatureMap x, in ConvParameters w, FeatureMap top, FeatureMap y)
    {
        var conv = Convolved(log.Read(x), w, "", y);
        var upsampled = log.Between($"{conv.Name}.upsampled", y);
        log.Nodes.Add(new UpsampleNode(log.Read(top), conv, upsampled));
        log.Nodes.Add(new AddNode(conv, upsampled, log.Write($"{conv.Name}.add", y)));
    }

    // ---- norms ----

    /// <inheritdoc/>
    public void FoldBatchNorm(in ConvParameters w, in NormParameters norm, in ConvParameters folded) => log.Fold(w, norm, folded);

    /// <inheritdoc/>
    public void GroupNorm(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        Normalize(x, p, default, relu: false, y);

    /// <inheritdoc/>
    public void GroupNormRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        Normalize(x, p, default, relu: true, y);

    /// <inheritdoc/>
    public void GroupNormAddRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y) =>
        Normalize(x, p, residual, relu: true, y);

    // ---- pointwise and spatial ----

    /// <inheritdoc/>
    public void Relu(PyramidMap x, PyramidMap y)
    {
        for (var level = 0; level < x.Levels; level++)
        {
            var source = log.Read(x[level]);
            log.Nodes.Add(new ReluNode(source, log.Write($"{source.Name}.relu", y[level])));
        }
    }

    /// <inheritdoc/>
    public void Add(PyramidMap a, PyramidMap b, PyramidMap y)
    {
        for (var level = 0; level < a.Levels; level++)
        {
            var (left, right) = (log.Read(a[level]), log.Read(b[level]));
            log.Nodes.Add(new AddNode(left, right, log.Write($"{left.Name}.add", y[level])));
        }
    }

    /// <inheritdoc/>
    public void MaxPool(FeatureMap x, FeatureMap y)
    {
        var source = log.Read(x);
        log.Nodes.Add(new MaxPoolNode(source, log.Write($"{source.Name}.maxpool", y)));
    }

    // ---- detection ----

    /// <inheritdoc/>
    public void GenerateAnchors(ReadOnlySpan<AnchorLevel> levels, int canvasHeight, int canvasWidth, AnchorMap anchors) =>
        log.Anchors = levels.ToArray();

    /// <inheritdoc/>
    public void SelectCandidates(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates)
    {
        for (var level = 0; level < logits.Levels; level++)
        {
            log.Logits.Add(log.Read(logits[level]));
            log.Deltas.Add(log.Read(deltas[level]));
        }
    }

    /// <summary>Of the candidates, which are no values of the network.</summary>
    public void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections)
    {
    }

    // ---- observation ----

    /// <inheritdoc/>
    public void Tap(string layer, FeatureMap value) => log.Name(layer, value);

    private void Convolve(PyramidMap x, in ConvParameters w, PyramidMap residual, bool relu, PyramidMap y)
    {
        for (var level = 0; level < x.Levels; level++)
        {
            Finish(Convolved(log.Read(x[level]), w, log.Suffix(x, level), y[level]), residual, relu, y, level);
        }
    }

    private void Normalize(PyramidMap x, in NormParameters p, PyramidMap residual, bool relu, PyramidMap y)
    {
        for (var level = 0; level < x.Levels; level++)
        {
            var key = log.KeyAt(p.Scale);
            var output = log.Between(key + log.Suffix(x, level), y[level]);
            log.Nodes.Add(new GroupNormNode(log.Read(x[level]), key, p, output));
            Finish(output, residual, relu, y, level);
        }
    }

    /// <summary>The convolution, and behind it the norm that is folded into its weights.</summary>
    private NetworkValue Convolved(NetworkValue x, in ConvParameters w, string suffix, FeatureMap y)
    {
        var (conv, norm) = log.Unfold(w);
        var key = log.KeyAt(conv.Weight);
        var output = log.Between(key + suffix, y);
        log.Nodes.Add(new ConvNode(x, key, conv, output));
        if (norm is not { } folded)
        {
            return output;
        }

        var normKey = log.KeyAt(folded.Scale);
        var normalized = log.Between(normKey + suffix, y);
        log.Nodes.Add(new BatchNormNode(output, normKey, folded, normalized));
        return normalized;
    }

    /// <summary>What is done while storing: the residual, then the ReLU. The last value is the one that lies in memory.</summary>
    private void Finish(NetworkValue value, PyramidMap residual, bool relu, PyramidMap y, int level)
    {
        if (!residual.IsEmpty)
        {
            var sum = log.Between($"{value.Name}.add", y[level]);
            log.Nodes.Add(new AddNode(value, log.Read(residual[level]), sum));
            value = sum;
        }

        if (relu)
        {
            var rectified = log.Between($"{value.Name}.relu", y[level]);
            log.Nodes.Add(new ReluNode(value, rectified));
            value = rectified;
        }

        log.Place(value);
    }
}
