using Fovea.Detection;

namespace Fovea.Model;

/// <summary>Detects in every image of a data set and compares with its objects.</summary>
internal static class DetectorEvaluation
{
    /// <summary>
    /// Images of a fixed canvas that are computed together; on variable canvases a batch would change the padding and with it the
    /// strides.
    /// </summary>
    private const int FixedCanvasBatch = 4;

    public static CocoResult Run<TClass>(
        Detector<TClass> detector, SessionPool sessions, DetectionDataset<TClass> dataset, EvaluationLoading loading,
        DetectOptions? detecting, IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
        where TClass : struct, Enum
    {
        var options = LoaderOptions.ForEvaluation(detector.Fitter.Resize is null ? FixedCanvasBatch : 1) with
        {
            Threads = loading.Threads,
            ResizeOnDevice = detector.Model.RunsAside,
        };
        using var loader = new DataLoader<TClass>(dataset, detector.Fitter, options, loading.CacheOf(dataset));
        var evaluator = new CocoEvaluator<TClass>();
        var found = new Detection<TClass>[detector.MaxDetections];
        var done = 0;
        foreach (var batch in loader.Epoch(0, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            using var use = detector.Model.Lifetime.Use();
            var worker = sessions.Rent(batch.Count, batch.Canvas.Height, batch.Canvas.Width);
            try
            {
                worker.SetBatch(batch);
                worker.Session.Run(detecting);
                for (var i = 0; i < batch.Count; i++)
                {
                    evaluator.Add(dataset[batch.Indices[i]]);
                    evaluator.AddDetections(batch.ImageIds[i], found.AsSpan(0, Known(found, worker.Read(i, batch.Placements[i], found))));
                }
            }
            finally
            {
                sessions.Return(worker);
            }

            done += batch.Count;
            progress?.Report(new EvaluationProgress(done, dataset.Count));
        }

        return evaluator.Evaluate();
    }

    /// <summary>
    /// Moves detections of declared classes to the front: channels in an enum's gaps are outputs of the network, but no category.
    /// </summary>
    private static int Known<TClass>(Span<Detection<TClass>> found, int count)
        where TClass : struct, Enum
    {
        var names = ClassMap<TClass>.Instance.Names;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (names[EnumChannel<TClass>.ToChannel(found[i].Class)] is not null)
            {
                found[kept++] = found[i];
            }
        }

        return kept;
    }
}
