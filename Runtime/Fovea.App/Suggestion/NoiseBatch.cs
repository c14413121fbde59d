namespace Fovea.App.Suggestion;

/// <summary>A batch to measure with: noise, and two objects in each image.</summary>
internal static class NoiseBatch
{
    /// <summary>Writes it into a session.</summary>
    public static void Fill(TrainingSession session, ModelDescription model)
    {
        var pixels = new float[(long)session.Images * session.Height * session.Width * 3];
        var random = new SeededRandom(1);
        foreach (ref var p in pixels.AsSpan())
        {
            p = (float)random.NextDouble(-1, 1);
        }

        session.SetInput(pixels);
        var channel = Array.FindIndex(model.ClassNames, n => n is not null);
        Box[] boxes =
        [
            new Box(0.08f, 0.08f, 0.35f, 0.4f).Scale(session.Width, session.Height),
            new Box(0.47f, 0.23f, 0.58f, 0.37f).Scale(session.Width, session.Height),
        ];
        for (var i = 0; i < session.Images; i++)
        {
            session.SetTruth(i, boxes, [channel, channel]);
        }
    }

    /// <summary>A picture of it.</summary>
    public static RgbImage Picture(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        var random = new SeededRandom(1);
        foreach (ref var p in pixels.AsSpan())
        {
            p = (byte)random.NextDouble(0, 256);
        }

        return new RgbImage(width, height, pixels);
    }
}
