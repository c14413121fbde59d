namespace Fovea;

/// <summary>The VOC challenge's average precision at IoU 0.5, each 0 … 1, or −1 where there is no object to find.</summary>
/// <remarks>
/// Source: PASCAL VOC development kit, VOCevaldet.m. A detection goes for the object of its class that it overlaps most, and is wrong where
/// a better detection has it; one that goes for a crowd region or an object marked "difficult" (<see cref="VocOptions.IgnoreDifficult"/>)
/// counts neither way. All detections count, not a hundred of an image. IoUs are those of the edges: the kit adds a pixel to widths, since
/// its boxes name their last pixel.
/// </remarks>
/// <param name="AP2007">Mean over classes of precision at recall 0, 0.1 … 1 (11 points), as until 2009.</param>
/// <param name="AP2010">Mean over classes of the area under precision's envelope over recall (all points), as from 2010 on.</param>
/// <param name="Classes">Each class, in the order of <see cref="CocoResult.Classes"/>.</param>
public sealed record VocResult(double AP2007, double AP2010, IReadOnlyList<VocClassResult> Classes);

/// <summary>The VOC challenge's average precision of one class.</summary>
/// <param name="Category">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="AP2007">11 points.</param>
/// <param name="AP2010">All points.</param>
public sealed record VocClassResult(long Category, string Name, double AP2007, double AP2010);
